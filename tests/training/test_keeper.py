"""Which checkpoints are written, which are kept, and what resuming refuses."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sparring.errors import CheckpointError, RunError
from sparring.training.checkpoints import choose_superfluous, list_checkpoints, read_checkpoint
from sparring.training.listener import Listener, View
from sparring.training.loop import play, play_step
from sparring.training.run import Run

Prepare = Callable[..., tuple[Run, Any]]


def steps(keeper: Any) -> list[int]:
    return [read_checkpoint(path).facts["progress"]["step"] for path in list_checkpoints(keeper.folder)]


class Saved(Listener):
    """Notes what was saved."""

    def __init__(self) -> None:
        self.paths: list[Path] = []

    def saved(self, view: View, checkpoint: Path) -> None:
        assert checkpoint.is_file()
        self.paths.append(checkpoint)


class Scored(Listener):
    """Gives each step the score in a list."""

    def __init__(self, *scores: float) -> None:
        self.scores = scores

    def score(self, view: View) -> dict[str, float]:
        return {"sliced_wasserstein": self.scores[view.step - 1]}


def test_a_run_is_saved_where_its_plan_says_and_at_the_end(prepare: Prepare) -> None:
    saved = Saved()
    run, keeper = prepare("gan", "checkpoints.every=8", "last=10", listeners=(saved,), steps=7)
    play(run, keeper)
    assert steps(keeper) == [2, 4, 6, 7]
    assert saved.paths == list_checkpoints(keeper.folder)


def test_the_last_and_the_best_are_kept(prepare: Prepare) -> None:
    listener = Scored(5.0, 1.0, 4.0, 3.0, 2.0, 6.0, 7.0)
    run, keeper = prepare("gan", "checkpoints.every=4", "last=2", "best=2", listeners=(listener,), steps=7)
    play(run, keeper)
    assert steps(keeper) == [2, 5, 6, 7]


def test_a_run_is_saved_by_time_too(prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    run, keeper = prepare("gan", "checkpoints.every=1M", "minutes=5")
    start = keeper._saved_at
    for minutes, expected in ((4.9, []), (5.1, [2]), (9.9, [2]), (10.3, [2, 4])):
        play_step(run)
        monkeypatch.setattr("time.monotonic", lambda minutes=minutes: start + 60 * minutes)
        keeper.save_if_due()
        assert steps(keeper) == expected


def test_an_unscored_checkpoint_is_never_the_best() -> None:
    paths = [Path(name) for name in "abcde"]
    scores: dict[Path, float | None] = dict(zip(paths, (None, 2.0, None, 1.0, None), strict=True))
    assert choose_superfluous(scores, last=1, best=1) == [Path(name) for name in "abc"]
    assert choose_superfluous({}, last=1, best=1) == []


@pytest.mark.parametrize("count", range(6))
def test_a_plan_for_more_checkpoints_than_there_are_keeps_them_all(count: int) -> None:
    paths: dict[Path, float | None] = {Path(str(index)): None for index in range(count)}
    for last in range(count, 12):
        assert choose_superfluous(paths, last=last, best=0) == []


def test_an_empty_folder_is_a_beginning(prepare: Prepare) -> None:
    run, keeper = prepare("gan")
    assert not keeper.resume()
    assert run.step == 0


def test_resuming_takes_the_newest_and_its_progress(prepare: Prepare) -> None:
    run, keeper = prepare("gan", steps=3)
    play(run, keeper)
    again, reader = prepare("gan", steps=3)
    assert reader.resume()
    assert (again.step, again.images) == (3, 12)
    assert again.seconds == pytest.approx(run.seconds, abs=1e-3)


def test_what_a_killed_write_left_is_not_taken_for_a_checkpoint(prepare: Prepare) -> None:
    run, keeper = prepare("gan", steps=2)
    play(run, keeper)
    (keeper.folder / ".0000000099.safetensors.4711").write_bytes(b"half")
    again, reader = prepare("gan", steps=2)
    assert reader.resume()
    assert again.step == 2


def test_a_damaged_newest_checkpoint_is_refused_and_the_one_before_is_named_as_the_remedy(prepare: Prepare) -> None:
    run, keeper = prepare("gan", steps=4)
    play(run, keeper)
    older, newest = list_checkpoints(keeper.folder)
    os.truncate(newest, newest.stat().st_size - 5)
    _, reader = prepare("gan", steps=4)
    with pytest.raises(CheckpointError, match=f"{newest} is damaged.*delete this one.*go on from the one before"):
        reader.resume()
    newest.unlink()
    again, reader = prepare("gan", steps=4)
    assert reader.resume()
    assert again.step == 2
    assert older.exists()


def test_a_damaged_older_checkpoint_does_not_end_a_run_that_goes_well(prepare: Prepare) -> None:
    run, keeper = prepare("gan", "checkpoints.every=4", steps=5)
    play_step(run)
    keeper.save()
    list_checkpoints(keeper.folder)[0].write_bytes(b"")
    play(run, keeper)
    assert run.step == 5


def test_other_networks_are_refused_by_the_names_that_differ(prepare: Prepare) -> None:
    run, keeper = prepare("gan", steps=1)
    play(run, keeper)
    for change in ("generator.width=5", "generator.depth=3", "discriminator.reparametrization=SpectralNorm"):
        _, reader = prepare("gan", change)
        with pytest.raises(CheckpointError, match=r"holds other networks than the recipe describes: missing \w+"):
            reader.resume()


def test_another_optimizer_starts_with_its_own_state(prepare: Prepare) -> None:
    run, keeper = prepare("gan", steps=2)
    play(run, keeper)
    again, reader = prepare("gan", "optimizers={generator: RMSprop, discriminator: SGD}", steps=4)
    assert reader.resume()
    play(again, reader)
    assert again.step == 4


def test_a_disk_that_is_full_loses_nothing(prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    run, keeper = prepare("gan", "checkpoints.every=4", steps=3)
    play_step(run)
    keeper.save()
    before = {path: path.read_bytes() for path in keeper.folder.iterdir()}

    def fail(_file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(RunError, match=r"the disk is full .*written before is whole.* the same command again"):
        play(run, keeper)
    assert {path: path.read_bytes() for path in keeper.folder.iterdir()} == before
