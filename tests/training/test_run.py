"""Progress, and what a run takes from and gives back to the process that it is in."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import sparring
from sparring.training.clock import Clock
from sparring.training.listener import Listener
from sparring.training.loop import play_step
from sparring.training.run import Run

Prepare = Callable[..., tuple[Run, Any]]


def test_a_step_passes_each_multiple_once(prepare: Prepare) -> None:
    run, _ = prepare("gan")
    passed: dict[int, list[int]] = {every: [] for every in (1, 4, 6, 8, 100)}
    for _ in range(6):
        play_step(run)
        for every, steps in passed.items():
            steps += [run.step] * run.passed(every)
    assert passed == {1: [1, 2, 3, 4, 5, 6], 4: [1, 2, 3, 4, 5, 6], 6: [2, 3, 5, 6], 8: [2, 4, 6], 100: []}


def test_images_count_every_move_that_sees_new_data(prepare: Prepare) -> None:
    for name, shown in (("gan", 4), ("wgan", 20)):
        run, _ = prepare(name)
        play_step(run)
        assert run.images == shown
    run, _ = prepare("gan", "order=[generator, generator, discriminator]")
    play_step(run)
    assert run.images == 8


def test_time_counts_steps_and_not_what_listeners_take(prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])

    class Slow(Listener):
        def step(self, view: Any) -> None:
            now[0] += 100.0

    run, _ = prepare("gan", listeners=(Slow(),))
    turns = run.turns
    monkeypatch.setattr(run, "turns", lambda: (turns(), now.__setitem__(0, now[0] + 2.0))[0])
    for _ in range(3):
        play_step(run)
    assert run.seconds == 6.0
    assert run.images_per_second == 2.0


def test_teams_that_move_at_once_share_what_they_compute_on_the_same_samples(prepare: Prepare) -> None:
    for order, alike in (("[[generator, discriminator]]", True), ("[generator, discriminator]", False)):
        run, _ = prepare("gan", f"order={order}", "training.accumulation=2", folder=order)
        for _ in range(2):
            left: list[list[dict[str, torch.Tensor]]] = []
            for turn in run.turns():
                for move in turn:
                    left.append([])
                    for batch in run.batches(move):
                        left[-1].append(dict(batch.shared))
                        batch.shared["seen"] = batch.real
            first, second = left
            assert first == [{}, {}]
            assert [len(shared) for shared in second] == [alike, alike]
            assert not alike or not torch.equal(second[0]["seen"], second[1]["seen"])


def test_rates_fall_over_the_run_or_over_what_is_left_of_it(prepare: Prepare) -> None:
    falling = [1, 0.6 + 0.4 * 0.5**0.5, 0.6, 0.6 - 0.4 * 0.5**0.5, 0.2]
    for after, expected in ((0.0, falling), (0.5, [1, 1, 1, 0.6, 0.2])):
        run, _ = prepare("gan", "final_rate=0.2", f"decay_after={after}", steps=4, folder=str(after))
        rates = [run.rate()]
        for _ in range(4):
            play_step(run)
            rates.append(run.rate())
        assert rates == pytest.approx(expected)


def test_a_clock_that_never_ran_knows_no_speed() -> None:
    clock = Clock()
    clock.mark()
    assert clock.seconds == clock.images_per_second() == 0


def test_a_record_holds_means_of_all_steps_since_the_last(prepare: Prepare) -> None:
    lines: list[Any] = []

    class Keep(Listener):
        def record(self, view: Any, record: Any) -> None:
            lines.append(json.loads(json.dumps(record.line())))

    each, _ = prepare("gan", listeners=(Keep(),))
    every_second, _ = prepare("gan", "record_every=8", listeners=(Keep(),))
    for run in (each, every_second):
        play_step(run)
        play_step(run)
    first, second, both = lines
    for team in ("discriminator", "generator"):
        mean = (first["losses"][team]["adversarial"] + second["losses"][team]["adversarial"]) / 2
        assert both["losses"][team]["adversarial"] == pytest.approx(mean, rel=1e-5)
    assert both["step"] == 2


def test_backend_settings_and_random_state_are_given_back(
    shrink: Callable[..., Any], tmp_path: Path, prepare: Prepare
) -> None:
    from sparring.training.session import play_session

    run, checkpointer = prepare("gan", steps=1)
    torch.manual_seed(5)
    before = torch.get_rng_state(), torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark
    play_session(run, checkpointer, {"name": "x"})
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark) == before[1:]


def test_what_a_caller_drew_before_changes_nothing(shrink: Callable[..., Any], tmp_path: Path) -> None:
    found = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        recipe = shrink("gan", "discriminator.dropout=0.5", steps=2)
        found.append(sparring.train(recipe, tmp_path / str(seed)).sample(2))
    assert torch.equal(found[0], found[1])
