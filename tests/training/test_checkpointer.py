"""Which checkpoints are written, which are kept, and what resuming refuses."""

import errno
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from sparring.errors import CheckpointError, RunError
from sparring.training.checkpoints import choose_superfluous, list_checkpoints, read_checkpoint
from sparring.training.listener import Listener, ScoreDirection, View
from sparring.training.loop import play, play_step
from sparring.training.run import Run

Prepare = Callable[..., tuple[Run, Any]]


def steps(checkpointer: Any) -> list[int]:
    return [read_checkpoint(path).facts.step for path in list_checkpoints(checkpointer.folder)]


class Saved(Listener):
    """Notes what was saved."""

    def __init__(self) -> None:
        self.paths: list[Path] = []

    def saved(self, view: View, checkpoint: Path) -> None:
        assert checkpoint.is_file()
        self.paths.append(checkpoint)


class Scored(Listener):
    """Gives each step the score in a list; None is none."""

    score_directions: ClassVar[Mapping[str, ScoreDirection]] = {
        "sliced_wasserstein": "lower",
        "precision": "higher",
        "MS-SSIM": "real",
    }

    def __init__(self, *scores: float | None, name: str = "sliced_wasserstein") -> None:
        self.scores = scores
        self.name = name

    def score(self, view: View) -> dict[str, float]:
        score = self.scores[view.step - 1]
        return {} if score is None else {self.name: score}


def test_a_run_is_saved_where_its_plan_says_and_at_the_end(prepare: Prepare) -> None:
    saved = Saved()
    run, checkpointer = prepare("gan", "checkpoints.every=8", "last=10", listeners=(saved,), steps=7)
    play(run, checkpointer)
    assert steps(checkpointer) == [2, 4, 6, 7]
    assert saved.paths == list_checkpoints(checkpointer.folder)


def test_the_last_and_the_best_are_kept(prepare: Prepare) -> None:
    listener = Scored(5.0, 1.0, 4.0, 3.0, 2.0, 6.0, 7.0)
    run, checkpointer = prepare("gan", "checkpoints.every=4", "last=2", "best=2", listeners=(listener,), steps=7)
    play(run, checkpointer)
    assert steps(checkpointer) == [2, 5, 6, 7]


def test_a_step_that_scores_better_than_all_before_is_saved_and_kept(prepare: Prepare) -> None:
    saved, scored = Saved(), Scored(None, 5.0, 3.0, None, 4.0, 3.0, math.nan, None, 2.0, 9.0)
    run, checkpointer = prepare("gan", "checkpoints.every=1M", "last=1", listeners=(scored, saved), steps=10)
    play(run, checkpointer)
    assert [int(path.stem) // 4 for path in saved.paths] == [2, 3, 9, 10]
    assert steps(checkpointer) == [9, 10]


def test_as_many_of_the_best_are_saved_as_are_to_be_kept(prepare: Prepare) -> None:
    scores = (4.0, 5.0, 6.0, 4.5, 4.5, 1.0, 7.0)
    run, checkpointer = prepare(
        "gan", "checkpoints.every=1M", "last=1", "best=2", listeners=(Scored(*scores),), steps=7
    )
    play(run, checkpointer)
    assert steps(checkpointer) == [1, 6, 7]


def test_scores_save_nothing_where_no_best_is_to_be_kept(prepare: Prepare) -> None:
    run, checkpointer = prepare("gan", "checkpoints.every=1M", "best=0", listeners=(Scored(3.0, 2.0, 1.0),), steps=3)
    play(run, checkpointer)
    assert steps(checkpointer) == [3]


def test_the_best_is_the_highest_where_more_is_better_and_none_where_nearest_to_real_is(prepare: Prepare) -> None:
    for name, expected in (("precision", [2, 3]), ("MS-SSIM", [3])):
        scored = Scored(0.5, 0.7, 0.6, name=name)
        plan = ("checkpoints.every=1M", "last=1", f"checkpoints.by={name}")
        run, checkpointer = prepare("gan", *plan, folder=name, listeners=(scored,), steps=3)
        play(run, checkpointer)
        assert steps(checkpointer) == expected


def test_a_resumed_run_knows_the_best_so_far(prepare: Prepare) -> None:
    saved, plan = Saved(), ("checkpoints.every=1M", "last=1")
    run, checkpointer = prepare("gan", *plan, listeners=(Scored(2.0, 5.0),), steps=2)
    play(run, checkpointer)
    again, reader = prepare("gan", *plan, listeners=(Scored(2.0, 5.0, 3.0, 1.0, 4.0), saved), steps=5)
    assert reader.resume()
    play(again, reader)
    assert [int(path.stem) // 4 for path in saved.paths] == [4, 5]
    assert steps(reader) == [4, 5]


def test_a_run_is_saved_by_time_too(prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    run, checkpointer = prepare("gan", "checkpoints.every=1M", "minutes=5")
    start = checkpointer._saved_at
    for minutes, expected in ((4.9, []), (5.1, [2]), (9.9, [2]), (10.3, [2, 4])):
        play_step(run)
        monkeypatch.setattr("time.monotonic", lambda minutes=minutes: start + 60 * minutes)
        checkpointer.save_if_due({})
        assert steps(checkpointer) == expected


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
    run, checkpointer = prepare("gan")
    assert not checkpointer.resume()
    assert run.step == 0


def test_resuming_takes_the_newest_and_its_progress(prepare: Prepare) -> None:
    run, checkpointer = prepare("gan", steps=3)
    play(run, checkpointer)
    again, reader = prepare("gan", steps=3)
    assert reader.resume()
    assert (again.step, again.images) == (3, 12)
    assert again.seconds == pytest.approx(run.seconds, abs=1e-3)


def test_what_a_killed_write_left_is_not_taken_for_a_checkpoint(prepare: Prepare) -> None:
    run, checkpointer = prepare("gan", steps=2)
    play(run, checkpointer)
    (checkpointer.folder / ".0000000099.safetensors.4711").write_bytes(b"half")
    again, reader = prepare("gan", steps=2)
    assert reader.resume()
    assert again.step == 2


def test_a_damaged_newest_checkpoint_is_refused_and_the_one_before_is_named_as_the_remedy(prepare: Prepare) -> None:
    run, checkpointer = prepare("gan", steps=4)
    play(run, checkpointer)
    older, newest = list_checkpoints(checkpointer.folder)
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
    run, checkpointer = prepare("gan", "checkpoints.every=4", steps=5)
    play_step(run)
    checkpointer.save()
    list_checkpoints(checkpointer.folder)[0].write_bytes(b"")
    play(run, checkpointer)
    assert run.step == 5


def test_other_networks_are_refused_by_the_names_that_differ(prepare: Prepare) -> None:
    run, checkpointer = prepare("gan", steps=1)
    play(run, checkpointer)
    for change in ("generator.width=5", "generator.depth=3", "discriminator.reparametrization=SpectralNorm"):
        _, reader = prepare("gan", change)
        with pytest.raises(CheckpointError, match=r"holds other networks than the recipe describes: missing \w+"):
            reader.resume()


def test_another_optimizer_starts_with_its_own_state(prepare: Prepare) -> None:
    run, checkpointer = prepare("gan", steps=2)
    play(run, checkpointer)
    again, reader = prepare("gan", "optimizers={generator: RMSprop, discriminator: SGD}", steps=4)
    assert reader.resume()
    play(again, reader)
    assert again.step == 4


def test_a_disk_that_is_full_loses_nothing(prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    run, checkpointer = prepare("gan", "checkpoints.every=4", steps=3)
    play_step(run)
    checkpointer.save()
    before = {path: path.read_bytes() for path in checkpointer.folder.iterdir()}

    def fail(_file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(RunError, match=r"the disk is full .*written before is whole.* the same command again"):
        play(run, checkpointer)
    assert {path: path.read_bytes() for path in checkpointer.folder.iterdir()} == before
