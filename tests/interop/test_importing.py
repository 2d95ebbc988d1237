"""From a file of another project to a run that samples, trains on, and resumes like our own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from typer.testing import CliRunner

import sparring
from sparring.cli.app import app
from sparring.errors import CheckpointError
from sparring.inference.import_checkpoint import import_model
from sparring.recipes.schema import Recipe
from sparring.training.folder import RunFolder

Make = Callable[..., Any]
Read = Callable[[str], tuple[dict[str, Any], dict[str, Tensor], dict[str, Tensor]]]


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """Six RGB images of 16x16 in three classes."""
    random = np.random.default_rng(0)
    for index in range(6):
        path = tmp_path / "faces" / f"{index % 3}" / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (16, 16, 3), np.uint8)).save(path)
    return tmp_path / "faces"


@pytest.fixture
def theirs(write_pickle: Make, persistent: Make, published: Read) -> tuple[Path, dict[str, Tensor]]:
    """A pickle of a small generator with three classes, live and averaged, and its discriminator; and io."""
    config, state, io = published("generator_skip_16_classes")
    critic_config, critic_state, _ = published("discriminator_resnet_16_classes")
    live = {name: tensor * 0.5 for name, tensor in state.items() if not name.endswith("resample_filter")}
    networks = {
        "G": persistent("Generator", live, **config),
        "G_ema": persistent("Generator", state, **config),
        "D": persistent("Discriminator", critic_state, **critic_config),
        "training_set_kwargs": None,
    }
    return write_pickle(networks), io


def test_an_imported_model_generates_the_published_images(
    theirs: tuple[Path, dict[str, Tensor]], tmp_path: Path
) -> None:
    path, io = theirs
    lines = import_model(path, tmp_path / "run")
    assert lines[0] == "G (Generator), D (Discriminator), G_ema (Generator): images of 3x16x16 in 3 classes"
    model = sparring.load(tmp_path / "run")
    assert model.shape == (3, 16, 16)
    assert model.classes == ("0", "1", "2")
    with torch.no_grad():
        images = model.generator(io["z"], io["c"].argmax(1))
    torch.testing.assert_close(images, io["image"].clamp(-1, 1), rtol=1e-4, atol=1e-4)
    assert model.sample(2, condition=1).shape == (2, 3, 16, 16)


def test_an_imported_run_trains_on_and_resumes(
    theirs: tuple[Path, dict[str, Tensor]], tmp_path: Path, faces: Path
) -> None:
    run = tmp_path / "run"
    import_model(theirs[0], run)
    recipe = Recipe.read(RunFolder(run).read_recipe())
    small = [f"data.path={faces}", "training.batch=2", "images=4", "sample_count=2", "score_count=2"]
    before = sparring.load(run)
    model = sparring.train(recipe.override(small), run, with_changes=True)
    assert model.facts.step == 2
    one, other = (dict(game.named_parameters()) for game in (before.game, model.game))
    changed = [name for name in one if not torch.equal(one[name], other[name])]
    assert any(name.startswith("discriminator") for name in changed)
    assert any(name.startswith("generator") for name in changed)
    assert any("probability" in name for name in model.game.state_dict())


def test_the_command_imports(theirs: tuple[Path, dict[str, Tensor]], tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["import", str(theirs[0]), str(tmp_path / "run")])
    assert result.exit_code == 0
    assert f"spar sample {tmp_path / 'run'}" in result.stdout


def test_a_generator_alone_gets_a_new_discriminator(
    write_pickle: Make, persistent: Make, published: Read, tmp_path: Path
) -> None:
    config, state, _ = published("generator_resnet_32")
    lines = import_model(write_pickle({"G_ema": persistent("Generator", state, **config)}), tmp_path / "run")
    assert lines[1] == "no discriminator in the file: a new one was initialized"
    assert sparring.load(tmp_path / "run").sample(1).shape == (1, *sparring.load(tmp_path / "run").shape)


def test_rosinalitys_checkpoint_becomes_a_run_of_its_averaged_generator(
    published: Read, as_rosinality: Make, tmp_path: Path
) -> None:
    sizes, torch_file = [4, 8, 16, 32], tmp_path / "rosinality.pt"
    _, state, io = published("generator_skip_32")
    torch.save({"g_ema": as_rosinality(state, sizes, 2), "latent_avg": state["mapping.w_avg"]}, torch_file)
    import_model(torch_file, tmp_path / "run")
    model = sparring.load(tmp_path / "run")
    with torch.no_grad():
        images = model.generator(io["z"])
    torch.testing.assert_close(images, io["image"].clamp(-1, 1), rtol=1e-4, atol=1e-4)
    assert torch.equal(model.generator.get_buffer("mean_latent.value"), state["mapping.w_avg"])


def test_a_missing_mean_latent_is_estimated(published: Read, as_rosinality: Make, tmp_path: Path) -> None:
    _, state, _ = published("generator_skip_32")
    state_dict = as_rosinality(state, [4, 8, 16, 32], 2)
    del state_dict["latent_avg"]
    torch.save({"g_ema": state_dict}, tmp_path / "rosinality.pt")
    import_model(tmp_path / "rosinality.pt", tmp_path / "run")
    generator = sparring.load(tmp_path / "run").generator
    with torch.no_grad():
        mapped = generator.get_submodule("mapping")(torch.randn(20_000, 64, generator=torch.Generator().manual_seed(1)))
    mean = generator.get_buffer("mean_latent.value")
    assert float((mean - mapped.mean(0)).norm() / mapped.std(0).norm()) < 0.05


def test_a_failed_import_leaves_no_folder(
    write_pickle: Make, persistent: Make, published: Read, tmp_path: Path
) -> None:
    config, state, _ = published("generator_skip_16_classes")
    broken = {name: tensor for name, tensor in state.items() if name != "synthesis.b8.conv0.bias"}
    with pytest.raises(CheckpointError, match=r"G_ema: .*synthesis\.b8\.conv0\.bias is missing"):
        import_model(write_pickle({"G_ema": persistent("Generator", broken, **config)}), tmp_path / "run")
    critic_config, critic_state, _ = published("discriminator_resnet_32")
    critic = persistent("Discriminator", critic_state, **critic_config)
    strangers = {"G": persistent("Generator", state, **config), "D": critic}
    with pytest.raises(CheckpointError, match=r"the discriminator sees .* the generator makes"):
        import_model(write_pickle(strangers), tmp_path / "run")
    with pytest.raises(CheckpointError, match="no generator"):
        import_model(write_pickle({"D": critic}), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_run_is_not_overwritten(theirs: tuple[Path, dict[str, Tensor]], tmp_path: Path) -> None:
    import_model(theirs[0], tmp_path / "run")
    with pytest.raises(CheckpointError, match="is a run already; name another folder"):
        import_model(theirs[0], tmp_path / "run")
