"""A model is in its checkpoint: nothing else is needed, and nothing damaged is loaded."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import sparring
from sparring.errors import CheckpointError, DeviceError, ShapeError, SpecError
from sparring.inference.model import Model
from sparring.network import Network
from sparring.recipes import Recipe, build_game, list_recipes
from sparring.runner.info import describe
from sparring.training.checkpoints import (
    Checkpoint,
    CheckpointFacts,
    list_checkpoints,
    read_checkpoint,
    write_checkpoint,
)

Shrink = Callable[..., Recipe]
Trained = Callable[..., Path]


@pytest.fixture
def run(trained: Trained) -> Path:
    return trained("dcgan", "conditional=true")


def test_a_checkpoint_alone_is_enough(run: Path, tmp_path: Path) -> None:
    expected = sparring.load(run).sample(4)
    alone = tmp_path / "alone.safetensors"
    shutil.copy(list_checkpoints(run / "checkpoints")[-1], alone)
    shutil.rmtree(run)
    model = sparring.load(alone)
    assert torch.equal(model.sample(4), expected)
    assert model.path == alone
    assert (model.shape, model.classes, model.depth) == ((3, 8, 8), ("even", "odd"), 8)
    assert model.recipe.name == "dcgan"


def test_a_run_its_checkpoints_folder_and_its_newest_file_are_the_same_model(run: Path) -> None:
    newest = list_checkpoints(run / "checkpoints")[-1]
    paths = [sparring.load(path).path for path in (run, run / "checkpoints", newest, str(run))]
    assert paths == [newest] * 4


def test_players_are_ready_to_use_and_averaged(run: Path) -> None:
    model = sparring.load(run)
    assert isinstance(model.generator, Network)
    assert not any(module.training for module in model.game.modules())
    assert not any(parameter.requires_grad for parameter in model.game.parameters())
    saved = read_checkpoint(model.path)
    for name, tensor in model.generator.state_dict().items():
        assert torch.equal(tensor, saved.part("averages")[f"generator.{name}"])
    live = saved.part("game")
    assert not torch.equal(live["generator.project.weight"], model.generator.get_parameter("project.weight"))
    labels = torch.tensor([0, 1])
    assert model.generator(torch.zeros(2, 4), labels).shape == (2, 3, 8, 8)


def test_the_class_can_be_chosen(run: Path) -> None:
    model = sparring.load(run)
    odd = torch.ones(3, dtype=torch.int64)
    assert torch.equal(model.sample(3, seed=1, condition=odd), model.sample(3, seed=1, condition=odd))
    assert not torch.equal(model.sample(3, seed=1, condition=odd), model.sample(3, seed=1, condition=odd - 1))
    assert model.sample(3).shape == (3, 3, 8, 8)


def test_between_classes_a_model_is_asked_for_weights(run: Path) -> None:
    model = sparring.load(run)
    assert torch.equal(model.sample(3, condition="odd"), model.sample(3, condition=1))
    torch.testing.assert_close(model.sample(3, condition="odd=1"), model.sample(3, condition="odd"))
    half = model.sample(3, condition="even=0.5,odd=0.5")
    assert torch.equal(half, model.sample(3, condition=[0.5, 0.5]))
    assert not torch.equal(half, model.sample(3, condition="odd"))
    with pytest.raises(SpecError, match=r"000016\.safetensors: the model has no class 'od'; did you mean odd"):
        model.sample(3, condition="od")


def test_numeric_labels_are_chosen_by_name(shrink: Shrink, pictures: Path, tmp_path: Path) -> None:
    names = sorted(path.relative_to(pictures).as_posix() for path in pictures.rglob("*.png"))
    lines = [f"{name},{index % 2},{index / 20}" for index, name in enumerate(names)]
    (tmp_path / "labels.csv").write_text("\n".join(["file,smiling,age", *lines]))
    conditioned = (f"data.labels={tmp_path / 'labels.csv'}", "conditional=true")
    trained = sparring.train(shrink("dcgan", *conditioned, steps=3), tmp_path / "run")
    model = sparring.load(tmp_path / "run")
    assert (model.classes, model.attributes) == ((), ("smiling", "age"))
    assert model.game.condition == trained.game.condition
    assert len(model.game.condition.examples) == 11
    assert torch.equal(model.sample(3), trained.sample(3))
    smiling = model.sample(3, condition="smiling=1,age=0.5")
    assert torch.equal(smiling, model.sample(3, condition="1,0.5"))
    assert torch.equal(smiling, model.sample(3, condition=[1, 0.5]))
    assert not torch.equal(smiling, model.sample(3, condition="smiling=1"))
    with pytest.raises(SpecError, match="no number 'smilling'; did you mean smiling"):
        model.sample(3, condition="smilling=1")
    with pytest.raises(SpecError, match="2 from 0 to 1 for each of 3 samples"):
        model.sample(3, condition=[1, 1.5])
    assert (tmp_path / "run" / "samples" / "numbers").is_dir()
    assert "2 numbers (smiling, age)" in "\n".join(describe(tmp_path / "run"))
    assert "2 numbers (smiling, age)" in "\n".join(describe(model.path))
    assert "<th>Attributes</th><td>smiling, age</td>" in (tmp_path / "run" / "report.html").read_text()


def test_sampling_and_loading_leave_the_callers_random_state_alone(run: Path) -> None:
    before = torch.get_rng_state()
    sparring.load(run).sample(2)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("absent", "there is no run or checkpoint at"),
        ("empty", "holds no checkpoint"),
        ("file", "not a checkpoint of sparring"),
    ],
)
def test_what_is_no_model_is_refused(path: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("?")
    with pytest.raises(CheckpointError, match=said):
        sparring.load(tmp_path / path)


def test_a_device_that_is_not_there_is_refused_first(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="cuda:9"):
        sparring.load(tmp_path, device="cuda:9")


@pytest.mark.parametrize("harm", ["unknown kind", "other shape", "missing tensor"])
def test_a_whole_checkpoint_that_describes_no_model_is_refused_in_words(harm: str, run: Path) -> None:
    path = list_checkpoints(run / "checkpoints")[-1]
    checkpoint = read_checkpoint(path)
    tensors, facts = dict(checkpoint.tensors), checkpoint.facts
    if harm == "unknown kind":
        facts = facts.model_copy(update={"recipe": {**facts.recipe, "game": {"kind": "FutureGAN"}}})
    elif harm == "other shape":
        facts = facts.model_copy(update={"sample": (3, 16, 16)})
    else:
        del tensors["game/discriminator.head.weight"]
    write_checkpoint(path, Checkpoint(tensors, facts))
    with pytest.raises(sparring.SparringError):
        sparring.load(path)


def test_a_model_with_an_encoder_encodes_and_reconstructs(shrink: Shrink, tmp_path: Path) -> None:
    model = sparring.train(shrink("aae", steps=2), tmp_path)
    real = torch.rand(5, 3, 8, 8) * 2 - 1
    latents = model.encode(real)
    assert latents.shape == (5, 4)
    assert torch.equal(model.reconstruct(real), model.game.render(latents))
    torch.testing.assert_close(model.encode(real[:2]), latents[:2])  # no batch statistics are in it
    with pytest.raises(ShapeError, match=r"got samples \(3, 8, 8\).*encodes \[N, \*\(3, 8, 8\)\]"):
        model.encode(real[0])


KINDS = {sparring.recipe(name).game.kind(): name for name in reversed(list_recipes())}
"""A recipe for each kind of game."""


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_generator_makes_samples_or_an_error_names_the_players(kind: str, shrink: Shrink) -> None:
    recipe = shrink(KINDS[kind])
    data = recipe.data.load()
    game = build_game(recipe, data.shape, data.condition)
    facts = CheckpointFacts(recipe=recipe.tree(), sample=data.shape)
    model = Model(recipe, game, Path("alone.safetensors"), facts)
    if not {"generator", "decoder"} & game.count_parameters().keys():
        with pytest.raises(SpecError, match=f"{kind} has no single generator; .*model.players: ") as error:
            _ = model.generator
        assert all(name in str(error.value) for name in game.count_parameters())
        return
    assert any(model.generator is player for player in model.players.values())
    if not game.directions:
        outputs: list[tuple[int, ...]] = []
        model.generator.register_forward_hook(lambda module, inputs, output: outputs.append(tuple(output.shape)))
        model.sample(2)
        assert (2, *model.shape) in outputs


def test_a_model_without_an_encoder_says_so(run: Path) -> None:
    with pytest.raises(SpecError, match=r"GAN has no encoder; train a game that has one: .*BiGAN"):
        sparring.load(run).encode(torch.zeros(2, 3, 8, 8))


def _change_facts(path: Path, **changes: Any) -> None:
    """Changes facts of a checkpoint."""
    checkpoint = read_checkpoint(path)
    write_checkpoint(path, Checkpoint(checkpoint.tensors, checkpoint.facts.model_copy(update=changes)))


def test_the_best_is_the_one_that_scored_best_by_what_the_newest_is_ranked_by(run: Path) -> None:
    older, newest = list_checkpoints(run / "checkpoints")
    recipe = read_checkpoint(newest).facts.recipe
    directions = {"precision": "higher"}
    _change_facts(older, scores={"sliced_wasserstein": 1.0, "precision": 0.9}, score_directions=directions)
    _change_facts(newest, scores={"sliced_wasserstein": 2.0, "precision": 0.8}, score_directions=directions)
    assert sparring.load(run, best=True).path == older
    _change_facts(older, scores={"sliced_wasserstein": 3.0, "precision": 0.9})
    assert sparring.load(run, best=True).path == newest
    recipe["training"]["checkpoints"]["by"] = "precision"
    _change_facts(newest, recipe=recipe)
    assert sparring.load(run, best=True).path == older


def test_where_no_best_is_known_it_is_said_which_scores_there_are(run: Path) -> None:
    for path in list_checkpoints(run / "checkpoints"):
        _change_facts(path, scores={"FD": 1.0})
    with pytest.raises(CheckpointError, match=r"has a rank by 'sliced_wasserstein' .*checkpoints\.by.*scores: FD"):
        sparring.load(run, best=True)
    for path in list_checkpoints(run / "checkpoints"):
        _change_facts(path, scores={})
    with pytest.raises(CheckpointError, match=r"was scored .*listening\.scores_every"):
        sparring.load(run, best=True)
