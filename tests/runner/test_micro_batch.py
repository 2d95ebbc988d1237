"""Micro-batches of a run: chosen when it begins, kept in its recipe, and without a trace in its numbers."""

from collections.abc import Callable
from pathlib import Path

import pytest

import sparring
from sparring.errors import RunError, SpecError
from sparring.recipes import Recipe
from sparring.runner import micro_batch
from sparring.runner.estimate import estimate
from sparring.training.checkpoints import list_checkpoints, read_checkpoint

Shrink = Callable[..., Recipe]


def parts(folder: Path) -> int:
    return Recipe.from_yaml((folder / "recipe.yaml").read_text()).training.accumulation


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Lets memory hold two samples at a time; the runs that were built to find out are noted."""
    batches: list[int] = []

    def find_size(batch: int, parts: list[int], device: object, build: Callable[[int], object]) -> int:
        batches.append(batch)
        build(2)
        return 2

    monkeypatch.setattr(micro_batch, "find_size", find_size)
    return batches


def test_a_wanted_size_is_written_and_printed(
    shrink: Shrink, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sparring.train(shrink("dcgan"), tmp_path / "run", device="cpu", micro_batch=2)
    assert parts(tmp_path / "run") == 2
    assert "Micro-batches of 2: each batch of 4 is computed in 2 parts." in capsys.readouterr().out


def test_a_batch_that_memory_holds_is_computed_whole(
    shrink: Shrink, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = shrink("stylegan2-emoji", "training.accumulation=2")
    sparring.train(recipe, tmp_path / "run", device="cpu", micro_batch="auto")
    assert parts(tmp_path / "run") == 1
    assert "Micro-batches of 4: each batch of 4 is computed whole." in capsys.readouterr().out


def test_looking_for_a_size_leaves_no_trace(shrink: Shrink, tmp_path: Path, little_memory: list[int]) -> None:
    sparring.train(shrink("stylegan2-emoji"), tmp_path / "measured", device="cpu", micro_batch="auto")
    sparring.train(shrink("stylegan2-emoji"), tmp_path / "wanted", device="cpu", micro_batch=2)
    assert little_memory == [4]
    measured, wanted = (
        read_checkpoint(list_checkpoints(tmp_path / name / "checkpoints")[-1]) for name in ("measured", "wanted")
    )
    assert measured.tensors.keys() == wanted.tensors.keys()
    assert all(tensor.equal(wanted.tensors[name]) for name, tensor in measured.tensors.items())


def test_a_run_that_goes_on_keeps_what_it_began_with(
    shrink: Shrink, tmp_path: Path, little_memory: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    sparring.train(shrink("gan"), tmp_path / "run", device="cpu", micro_batch="auto")
    assert parts(tmp_path / "run") == 2
    sparring.train(shrink("gan"), tmp_path / "run", device="cpu", micro_batch="auto")
    assert little_memory == [4]
    with pytest.raises(RunError, match=r"another recipe[\s\S]*training\.accumulation: 2 → 4"):
        sparring.train(shrink("gan"), tmp_path / "run", device="cpu", micro_batch=1)


def test_what_cannot_be_is_refused_before_anything_is_written(shrink: Shrink, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="a batch of 4 cannot be computed 3 samples at a time; needs 2 or 4"):
        sparring.train(shrink("gan"), tmp_path / "run", device="cpu", micro_batch=3)
    assert not (tmp_path / "run").exists()


def test_an_estimate_is_that_of_the_parts(shrink: Shrink, little_memory: list[int]) -> None:
    assert estimate(shrink("gan"), "cpu", micro_batch="auto").lines()[-1].startswith("Micro-batches of 2")
    assert not estimate(shrink("gan"), "cpu").notes
