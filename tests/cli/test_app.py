"""The command: what it says, what it writes, and what it answers to what cannot be."""

import errno
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

import sparring
from sparring.cli.app import app, main
from sparring.recipes import Recipe, list_recipes
from sparring.training.checkpoints import list_checkpoints

Shrink = Callable[..., Recipe]
Trained = Callable[..., Path]
Spar = Callable[..., str]
Refused = Callable[..., str]


@pytest.fixture
def spar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spar:
    """Runs the command in an empty folder and returns what it printed: `spar("train", "digits")`."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> str:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    return run


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Runs the command, which must fail with one paragraph on stderr; returns that paragraph."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> str:
        monkeypatch.setattr(sys, "argv", ["spar", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr().err
        assert ended.value.code == 1, output
        assert "Traceback" not in output
        paragraph = output[output.index("spar: ") :]
        assert "\n\n" not in paragraph
        return paragraph.removeprefix("spar: ")

    return run


@pytest.fixture
def file(shrink: Shrink, tmp_path: Path) -> Path:
    """A shrunk recipe in a YAML file."""
    path = tmp_path / "tiny.yaml"
    path.write_text(shrink("dcgan", steps=2).to_yaml())
    return path


@pytest.fixture
def run(trained: Trained, spar: Spar) -> Path:
    """A finished run of it."""
    return trained("dcgan", steps=2)


def test_help_tells_a_newcomer_where_to_begin(spar: Spar) -> None:
    output = spar("--help")
    for command in ("train", "sample", "info", "recipes", "report", "data", "doctor"):
        assert command in output
        assert "--help" in spar(command, "--help")
    assert "spar train digits" in output


def test_a_run_is_trained_resumed_and_looked_at(file: Path, spar: Spar) -> None:
    spar("train", file, "--run", "run", "--device", "cpu")
    run = file.parent / "run"
    before = list_checkpoints(run / "checkpoints")
    spar("train", file, "--run", run, "--device", "cpu")
    assert list_checkpoints(run / "checkpoints") == before
    spar("train", run, "--device", "cpu")
    assert list_checkpoints(run / "checkpoints") == before
    output = spar("info", run)
    for word in ("dcgan (GAN)", "finished", "2 steps", "MB", "images/s", "checkpoints"):
        assert word in output
    output = spar("info", before[-1])
    assert "digest matches" in output
    assert "3x8x8" in output
    (run / "report.html").unlink()
    assert "report.html" in spar("report", run)
    assert (run / "report.html").stat().st_size > 1000


def test_a_run_lands_under_its_name_where_none_is_given(file: Path, spar: Spar) -> None:
    spar("train", file, "name=mine", "--device", "cpu")
    assert (file.parent / "runs" / "mine" / "report.html").exists()
    spar("train", file, "--device", "cpu")
    assert (file.parent / "runs" / file.stem / "report.html").exists()


def test_samples_are_written_as_pictures_the_same_for_the_same_seed(run: Path, spar: Spar, tmp_path: Path) -> None:
    spar("sample", run, "--count", 3, "--seed", 5)
    written = sorted((run / "generated").iterdir())
    assert [path.name for path in written] == ["seed5-00000.png", "seed5-00001.png", "seed5-00002.png"]
    with Image.open(written[0]) as picture:
        assert (picture.size, picture.mode) == ((8, 8), "RGB")
    (checkpoint,) = list_checkpoints(run / "checkpoints")
    spar("sample", checkpoint, "--count", 3, "--seed", 5, "--out", tmp_path / "again")
    assert [path.read_bytes() for path in sorted((tmp_path / "again").iterdir())] == [p.read_bytes() for p in written]
    output = spar("sample", run, "--count", 4, "--grid", "--out", tmp_path / "grid")
    assert Path(output.strip()).is_file()


def test_a_conditional_model_is_asked_for_a_class(
    trained: Trained, spar: Spar, refused: Refused, tmp_path: Path
) -> None:
    trained("dcgan", "conditional=true", steps=2, folder="conditioned")
    for chosen in ("odd", "1"):
        spar("sample", "conditioned", "--class", chosen, "--count", 2, "--out", chosen)
    one, other = ([path.read_bytes() for path in sorted((tmp_path / name).iterdir())] for name in ("odd", "1"))
    assert one == other
    assert "no class 'od'; did you mean odd" in refused("sample", "conditioned", "--class", "od")
    spar("sample", "conditioned", "--class", "even=0.5,odd=0.5", "--count", 2, "--out", "between")
    assert len(list((tmp_path / "between").iterdir())) == 2
    assert "sum to 0.9; needs 1" in refused("sample", "conditioned", "--class", "even=0.5,odd=0.4")


def test_a_folder_is_translated_under_its_names(
    trained: Trained, pictures: Path, run: Path, spar: Spar, refused: Refused, tmp_path: Path
) -> None:
    trained("pix2pix", steps=1, folder="edges")
    assert "6 images a-to-b in translated, the last 8.png" in spar(
        "translate", "edges", pictures / "even", "--out", "translated"
    )
    assert {path.name for path in (tmp_path / "translated").iterdir()} == {f"{index}.png" for index in range(0, 11, 2)}
    assert "did you mean a-to-b" in refused("translate", "edges", pictures, "--direction", "a-b")
    assert "there is no such file or folder" in refused("translate", "edges", "nowhere")
    assert "GAN does not translate images; train a game that does" in refused("translate", run, pictures)
    assert "`spar translate` does" in refused("sample", "edges")


@pytest.mark.parametrize("name", sorted(list_recipes()))
def test_a_printed_recipe_reads_back_as_the_same(name: str, spar: Spar, tmp_path: Path) -> None:
    printed = spar("recipes", name, "seed=7")
    assert Recipe.from_yaml(printed) == sparring.recipe(name, "seed=7")
    (tmp_path / "own.yaml").write_text(printed)
    assert spar("recipes", "own.yaml") == printed
    assert sparring.recipe(tmp_path / "own.yaml") == sparring.recipe(name, "seed=7")
    assert spar("recipes", name, "--explain").count(" = ") >= 20


def test_recipes_are_listed_with_a_line_each_and_have_a_schema(spar: Spar) -> None:
    lines = spar("recipes").splitlines()
    assert [line.split()[0] for line in lines] == list(list_recipes())
    assert json.loads(spar("recipes", "--schema"))["properties"].keys() == Recipe.model_fields.keys()


def test_a_dry_run_tells_what_it_would_cost_and_writes_nothing(file: Path, spar: Spar) -> None:
    before = sorted(file.parent.rglob("*"))
    output = spar("train", file, "--dry-run", "--device", "cpu", "seed=9", "--run", "never")
    for word in ("generator", "discriminator", "parameters", "images/s", "MB", "11 images of 3x8x8"):
        assert word in output
    assert Recipe.from_yaml(output[output.index("name: ") :]).seed == 9
    assert sorted(file.parent.rglob("*")) == before


def test_a_dry_run_tells_of_micro_batches(file: Path, spar: Spar) -> None:
    output = spar("train", file, "--dry-run", "--device", "cpu", "--micro-batch", "2")
    assert "Micro-batches of 2: each batch of 4 is computed in 2 parts." in output


def test_data_may_be_named_with_the_recipe(file: Path, pictures: Path, spar: Spar, tmp_path: Path) -> None:
    output = spar("train", file, "--data", pictures / "odd", "--dry-run", "--device", "cpu")
    assert "5 images of 3x8x8" in output
    assert "1,797 images of 1x8x8" in spar(
        "train", file, "--data", "digits", "data.size=8", "--dry-run", "--device", "cpu"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["dcgam"], "'dcgam' is neither a built-in recipe nor a .yaml file; did you mean dcgan"),
        (["absent.yaml"], "cannot read the recipe absent.yaml: No such file"),
        (["tiny.yaml", "bach=3"], "bach: unknown field; did you mean batch"),
        (
            ["tiny.yaml", "generator.widht=3"],
            "game.generator.widht: unknown field of DCGANGenerator; did you mean width",
        ),
        (
            ["tiny.yaml", "losses=Hing"],
            "game.losses.kind: got 'Hing', not a kind of AdversarialLoss; did you mean Hinge",
        ),
        (["tiny.yaml", "batch=0"], "training.batch: got 0; Input should be greater than 0"),
        (["tiny.yaml", "width=8"], "width could be game.generator.width or game.discriminator.width"),
        (
            ["tiny.yaml", "learning_rate=-1"],
            "learning_rate could be training.optimizers.disc",
        ),
        (["tiny.yaml", "optimizers.generator.learning_rate=-1"], "training.optimizers.generator.learning_rate: got -1"),
        (
            ["tiny.yaml", "optimizers.generator.learning_rate=nan"],
            "training.optimizers.generator.learning_rate: got 'nan'",
        ),
        (["tiny.yaml", "images=1e999"], "training.images: got '1e999'"),
        (["tiny.yaml", "data.size=33x0"], "data.size: got '33x0'; needs whole numbers from 1 to"),
        (["tiny.yaml", "batch"], "'batch' is not an assignment: write field=value"),
        (["tiny.yaml", "--data", "nowhere"], "nowhere"),
        (["tiny.yaml", "data.path=null"], "data.path: no images were named; add --data PATH"),
        (["tiny.yaml", "--device", "cuda:9"], "device 'cuda:9' is not on this machine, which has cpu"),
        (["tiny.yaml", "generator.kind=DCGANDiscriminator"], "DCGANDiscriminator maps images (C, H, W) to vectors"),
        (["tiny.yaml", "discriminator.kind=DCGANGenerator"], "DCGANGenerator maps vectors (n,) to images (C, H, W)"),
        (["tiny.yaml", "order=[generator]"], "game.order: discriminator never moves"),
        (["tiny.yaml", "order=[generators, discriminator]"], "game.order: 'generators' is not a team of GAN"),
        (["tiny.yaml", "accumulation=3"], "accumulation: a batch of 4 cannot be computed in 3 equal parts"),
        (["tiny.yaml", "--micro-batch", "3"], "a batch of 4 cannot be computed 3 samples at a time; needs 2 or 4"),
        (["tiny.yaml", "--micro-batch", "all"], "micro_batch: got 'all'; needs a number of samples, or auto"),
        (["tiny.yaml", "conditional=true", "data.labels=none"], "game.conditional: the data has no labels"),
        (["tiny.yaml", "optimizers={}"], "training.optimizers: the team 'discriminator' needs an optimizer"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
@pytest.mark.parametrize("options", [["--run", "new"], ["--dry-run"]], ids=["train", "dry-run"])
def test_what_cannot_be_trained_is_refused_before_anything_is_written(
    arguments: list[str], message: str, options: list[str], file: Path, refused: Refused
) -> None:
    error = refused("train", *arguments, *options)
    assert message in error
    assert not list_checkpoints(file.parent / "new" / "checkpoints")
    assert not (file.parent / "new" / "recipe.yaml").exists()


def test_a_device_that_is_not_there_is_refused(file: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for command in (("train", file), ("train", file, "--dry-run"), ("sample", "run")):
        assert "device 'cuda' is not on this machine, which has cpu" in refused(*command, "--device", "cuda")


def test_a_yaml_file_with_a_mistake_is_named_with_the_field(file: Path, refused: Refused) -> None:
    file.write_text(file.read_text().replace("kind: Adam", "kind: Adma"))
    output = refused("train", file)
    assert output.startswith(f"{file}:\n")
    assert "training.optimizers.generator.kind: got 'Adma', not a kind of Optimizer; did you mean Adam" in output
    file.write_text("a: [")
    assert "not YAML" in refused("train", file)


def test_another_recipe_in_a_used_folder_is_refused_and_goes_on_when_asked(
    file: Path, run: Path, spar: Spar, refused: Refused
) -> None:
    output = refused("train", file, "losses=Hinge", "--run", run)
    assert "game.losses.kind: 'NonSaturating' → 'Hinge'" in output
    assert "--continue-with-changes" in output
    spar("train", file, "losses=Hinge", "images=12", "--run", run, "--continue-with-changes", "--device", "cpu")
    assert sparring.load(run).recipe.game.losses.kind() == "Hinge"  # type: ignore[attr-defined]


def test_a_folder_that_cannot_be_is_refused(file: Path, refused: Refused) -> None:
    (file.parent / "taken").write_text("a file")
    assert "cannot write taken" in refused("train", file, "--run", "taken")
    assert "cannot write taken/run" in refused("train", file, "--run", "taken/run")


def test_a_full_disk_ends_a_run_with_a_paragraph_and_loses_nothing(
    file: Path, refused: Refused, spar: Spar, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync, calls = os.fsync, []

    def fill(number: int) -> None:
        calls.append(number)
        if len(calls) > 6:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(number)

    monkeypatch.setattr(os, "fsync", fill)
    output = refused("train", file, "images=80", "--run", "run", "--device", "cpu")
    assert "the disk is full" in output
    assert "run the same command again to resume" in output
    monkeypatch.setattr(os, "fsync", sync)
    spar("train", file, "images=80", "--run", "run", "--device", "cpu")
    assert sparring.load(file.parent / "run").facts.images == 80
    assert not [path for path in (file.parent / "run").rglob(".*") if path.name != ".lock"]


@pytest.mark.parametrize("folder", ["runs/deep/er", "new"])
def test_a_disk_that_is_full_before_the_first_file_is_a_paragraph_too(
    folder: str, file: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "mkdir", fail)
    assert "the disk is full" in refused("train", file, "--run", folder)


@pytest.mark.parametrize("command", ["sample", "info", "report"])
def test_a_path_that_is_no_run_is_refused(command: str, refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path in ("absent", "empty"):
        assert path in refused(command, path)


@pytest.mark.parametrize("command", ["sample", "info"])
def test_a_file_that_is_no_checkpoint_is_refused(command: str, refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no checkpoint")
    torch.save({"a": torch.zeros(1)}, tmp_path / "model.pt")
    assert "not a checkpoint of sparring" in refused(command, "notes.txt")
    assert "is a pickle" in refused(command, "model.pt")


def test_a_class_is_refused_by_an_unconditional_model(run: Path, refused: Refused) -> None:
    assert "is not conditional: it takes no class 'odd'" in refused("sample", run, "--class", "odd")


def test_the_run_folder_that_another_process_holds_is_refused(file: Path, refused: Refused) -> None:
    from filelock import FileLock

    (file.parent / "held").mkdir()
    with FileLock(file.parent / "held" / ".lock"):
        assert "another process is training into held" in refused("train", file, "--run", "held")


def test_damaged_files_in_a_run_do_not_hide_it(run: Path, spar: Spar) -> None:
    (run / "run.json").write_text("{")
    with (run / "log.jsonl").open("a") as log:
        log.write('{"half": ')
    assert "dcgan" in spar("info", run)
    assert "report.html" in spar("report", run)


def test_a_data_set_is_checked_and_packed_and_trained_on(
    file: Path, pictures: Path, spar: Spar, refused: Refused
) -> None:
    assert "11" in spar("data", "check", pictures)
    output = spar("data", "pack", pictures, "packed.zip")
    assert "11 images of 3x8x8" in output
    assert "spar train dcgan --data packed.zip" in output
    assert "11 images of 3x8x8" in spar("train", file, "--data", "packed.zip", "--dry-run", "--device", "cpu")
    assert "nowhere" in refused("data", "pack", "nowhere", "other.zip")


def test_a_bad_image_is_listed_refused_and_left_out_when_asked(
    file: Path, pictures: Path, spar: Spar, refused: Refused
) -> None:
    bad = file.parent / "images"
    shutil.copytree(pictures, bad)
    (bad / "odd" / "broken.png").write_bytes(b"\x89PNG")
    checked = CliRunner().invoke(app, ["data", "check", str(bad)])
    assert checked.exit_code == 1
    assert "broken.png" in checked.output
    assert "broken.png" in refused("train", file, "--data", bad, "--run", "run")
    spar("train", file, "--data", bad, "--run", "run", "--skip-bad", "--device", "cpu")
    assert "1 unreadable" in spar("info", "run")


def test_the_doctor_names_versions_devices_and_extras(spar: Spar) -> None:
    output = spar("doctor")
    for word in ("sparring", "python", "torch", "cpu", "threads"):
        assert word in output
