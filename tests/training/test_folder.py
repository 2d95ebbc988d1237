"""One process a folder, one recipe a folder, and files that are whole."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

import sparring
from sparring.errors import RunError
from sparring.recipes import Recipe
from sparring.training.checkpoints import list_checkpoints, read_checkpoint
from sparring.training.folder import RunFacts, RunFolder

Shrink = Callable[..., Recipe]
Trained = Callable[..., Path]


def test_a_second_holder_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    with RunFolder(tmp_path).held():
        with pytest.raises(RunError, match=rf"another process is training into {tmp_path}.*--run DIR"):
            RunFolder(tmp_path).held().__enter__()
        assert (tmp_path / "checkpoints").is_dir()
    with RunFolder(tmp_path).held():
        pass


def test_another_process_in_the_folder_is_noticed_before_anything_is_written(shrink: Shrink, tmp_path: Path) -> None:
    lock = FileLock(tmp_path / ".lock")
    with lock.acquire(), pytest.raises(RunError, match="another process is training into"):
        sparring.train(shrink("gan"), tmp_path)
    assert not (tmp_path / "recipe.yaml").exists()


def test_a_killed_holder_frees_its_folder(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from sparring.training.folder import RunFacts, RunFolder\n"
        "with RunFolder(Path(sys.argv[1])).held(): os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert killed.returncode == -9
    with RunFolder(tmp_path).held():
        pass


def test_an_error_while_a_folder_is_held_frees_it(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(KeyError), RunFolder(tmp_path).held():
            raise KeyError


def test_a_file_where_the_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    for path in (tmp_path / "taken", tmp_path / "taken" / "run"):
        with pytest.raises(RunError, match=f"cannot write {path}"):
            RunFolder(path).held().__enter__()
    assert (tmp_path / "taken").read_text() == "a file"


def test_a_changed_recipe_is_refused_naming_what_differs(shrink: Shrink, trained: Trained, tmp_path: Path) -> None:
    trained("gan", steps=2, folder=".")
    before = (tmp_path / "recipe.yaml").read_text(), list_checkpoints(tmp_path / "checkpoints")
    changed = shrink("gan", "losses=Hinge", "generator.width=5", "optimizers.generator.learning_rate=1e-3", steps=2)
    with pytest.raises(RunError, match="--continue-with-changes") as raised:
        sparring.train(changed, tmp_path)
    for line in (
        "game.losses.kind: 'NonSaturating' → 'Hinge'",
        "game.generator.width: 4 → 5",
        "training.optimizers.generator.learning_rate: 0.0002 → 0.001",
    ):
        assert line in str(raised.value)
    assert len(str(raised.value).splitlines()) == 5
    assert ((tmp_path / "recipe.yaml").read_text(), list_checkpoints(tmp_path / "checkpoints")) == before


@pytest.mark.parametrize(
    "changes",
    [
        ("losses=Hinge", "optimizers.generator.learning_rate=1e-3"),
        ("training.batch=2",),
        ("optimizers.discriminator=RMSprop",),
        ("optimizers.discriminator={kind: SGD, momentum: 0.9}",),
        ("averages={generator: {half_life: 5}, discriminator: {}}",),
        ("averages={}",),
        ("penalties=[R1]", "order=[discriminator, discriminator, generator]"),
    ],
    ids=" ".join,
)
def test_a_changed_recipe_goes_on_where_that_is_wanted(
    changes: tuple[str, ...], shrink: Shrink, trained: Trained, tmp_path: Path
) -> None:
    trained("gan", steps=2, folder=".")
    recipe = shrink("gan", *changes, steps=6)
    model = sparring.train(recipe, tmp_path, with_changes=True)
    assert model.recipe == recipe
    assert Recipe.from_yaml((tmp_path / "recipe.yaml").read_text()) == recipe
    assert model.facts.step > 2
    assert model.sample(2).isfinite().all()


def test_changed_data_is_refused_unless_it_is_wanted(shrink: Shrink, tmp_path: Path) -> None:
    sparring.train(shrink("gan", "data.size=8", steps=2), tmp_path)
    other = next(Path(str(shrink("gan").data.path)).rglob("*.png"))  # type: ignore[attr-defined]
    kept = other.read_bytes()
    other.unlink()
    try:
        with pytest.raises(RunError, match=r"the data is not what the run .* began with.*--continue-with-changes"):
            sparring.train(shrink("gan", "data.size=8", steps=2), tmp_path)
        sparring.train(shrink("gan", "data.size=8", steps=3), tmp_path, with_changes=True)
    finally:
        other.write_bytes(kept)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=f"{tmp_path} is not a run: it has no recipe.yaml"):
        RunFolder(tmp_path).read_recipe()
    (tmp_path / "recipe.yaml").write_bytes(b"a: [\xff")
    with pytest.raises(RunError, match="cannot read"):
        RunFolder(tmp_path).read_recipe()
    assert RunFolder(tmp_path).read_facts() == RunFacts()


def test_run_json_says_how_a_run_ended(trained: Trained, tmp_path: Path) -> None:
    trained("gan", steps=2, folder=".")
    facts = RunFolder(tmp_path).read_facts()
    assert (facts.status, facts.step, facts.images, facts.target) == ("finished", 2, 8, 8)
    (newest,) = list_checkpoints(tmp_path / "checkpoints")
    assert read_checkpoint(newest).facts.images == 8
