"""Ctrl-C, SIGTERM and SIGKILL: what a stopped run leaves, and that it goes on as if nothing had happened."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import sparring
from sparring.recipes import Recipe
from sparring.training.checkpoints import list_checkpoints, read_checkpoint
from sparring.training.folder import RunFolder
from sparring.training.interruption import Interruption

Shrink = Callable[..., Recipe]

STEPS = 300

pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")


@pytest.fixture
def recipe(shrink: Shrink) -> Recipe:
    """Some seconds of training, saved every fortieth step."""
    seldom = [f"{name}=1M" for name in ("samples_every", "scores_every", "record_every")]
    return shrink("dcgan", "checkpoints.every=160", *seldom, steps=STEPS)


def start(recipe: Recipe, run: Path) -> subprocess.Popen[str]:
    """Starts `spar train` on one thread, as the tests compute, and waits until it has saved something."""
    file = run.parent / "recipe.yaml"
    file.write_text(recipe.to_yaml())
    command = [sys.executable, "-m", "sparring.cli", "train", str(file), "--run", str(run), "--device", "cpu"]
    process = subprocess.Popen(
        command, env={**os.environ, "OMP_NUM_THREADS": "1"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    deadline = time.monotonic() + 60
    while not list_checkpoints(run / "checkpoints") and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    return process


def last_step(run: Path) -> int:
    step: int = read_checkpoint(list_checkpoints(run / "checkpoints")[-1]).facts.step
    return step


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"])
def test_a_signal_saves_the_step_that_it_came_in_and_ends_the_process_as_asked(
    number: int, status: int, recipe: Recipe, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    process = start(recipe, run)
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == status, output
    assert "stopping after this step" in output
    assert "Traceback" not in output
    facts = RunFolder(run).read_facts()
    assert facts.status == "stopped"
    assert 0 < last_step(run) == facts.step < STEPS


def test_a_run_that_was_killed_ends_with_the_weights_of_the_uninterrupted_one(recipe: Recipe, tmp_path: Path) -> None:
    process = start(recipe, tmp_path / "killed")
    time.sleep(random.random() / 2)
    process.kill()
    output, _ = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, output
    assert 0 < last_step(tmp_path / "killed") < STEPS
    runs = [tmp_path / "killed", tmp_path / "whole"]
    for run in runs:
        sparring.train(recipe, run)
    killed, whole = (read_checkpoint(list_checkpoints(run / "checkpoints")[-1]) for run in runs)
    assert killed.facts.step == STEPS
    assert killed.tensors.keys() == whole.tensors.keys()
    assert not [name for name in whole.tensors if not torch.equal(killed.tensors[name], whole.tensors[name])]


def test_the_first_signal_is_noted_and_the_second_ends_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    for number, error in ((signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)):
        before = signal.getsignal(number)
        interruption = Interruption()
        with interruption.watched():
            signal.raise_signal(number)
            assert interruption.signal == number
            with pytest.raises(error):
                signal.raise_signal(number)
        assert signal.getsignal(number) is before
    assert "once more to stop at once" in capsys.readouterr().err


def test_a_run_outside_the_main_thread_is_not_watched_and_works() -> None:
    signals: list[int | None] = []
    interruption = Interruption()

    def work() -> None:
        with interruption.watched():
            signals.append(interruption.signal)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert signals == [None]
    interruption.end_process()


def test_training_in_a_notebook_raises_what_the_signal_means_and_has_saved(shrink: Shrink, tmp_path: Path) -> None:
    from sparring.training.listener import Listener, View

    class Impatient(Listener):
        def step(self, view: View) -> None:
            if view.step == 3:
                signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        sparring.train(shrink("gan", steps=9), tmp_path, listeners=[Impatient()])
    assert last_step(tmp_path) == 3
    assert RunFolder(tmp_path).read_facts().status == "stopped"
    assert sparring.train(shrink("gan", steps=9), tmp_path).facts.step == 9
