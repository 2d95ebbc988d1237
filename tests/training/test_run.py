"""Progress, records and the settings of the process."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import sparring
from sparring.training.batches import Shared
from sparring.training.folder import RunFacts
from sparring.training.listener import Listener
from sparring.training.loop import play, play_step
from sparring.training.run import MeanMetrics, Progress, Run

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
    for name, images in (("gan", 4), ("wgan", 20)):
        run, _ = prepare(name)
        play_step(run)
        assert run.images == images
    run, _ = prepare("gan", "order=[generator, generator, discriminator]")
    play_step(run)
    assert run.images == 8


def test_time_counts_steps_and_not_what_listeners_take(prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])

    class Slow(Listener):
        def step(self, view: Any) -> None:
            now[0] += 100.0

    run, checkpointer = prepare("gan", listeners=(Slow(),), steps=3)
    draw = run.batches.draw
    monkeypatch.setattr(run.batches, "draw", lambda *move: (draw(*move), now.__setitem__(0, now[0] + 1.0))[0])
    play(run, checkpointer)
    assert run.seconds == 6.0
    assert run.images_per_second == 2.0


def test_teams_that_move_at_once_share_what_they_compute_on_the_same_samples(prepare: Prepare) -> None:
    for order, alike in (("[[generator, discriminator]]", True), ("[generator, discriminator]", False)):
        run, _ = prepare("gan", f"order={order}", "training.accumulation=2", folder=order)
        for _ in range(2):
            left: list[list[dict[str, torch.Tensor]]] = []
            for turn in run.turns:
                shared: Shared = {}
                for move in turn:
                    left.append([])
                    for batch in run.batches.draw(move, run.step, run.images, shared):
                        left[-1].append(dict(batch.shared))
                        batch.shared["real"] = batch.real
            first, second = left
            assert first == [{}, {}]
            assert [len(shared) for shared in second] == [alike, alike]
            assert not alike or not torch.equal(second[0]["real"], second[1]["real"])


def test_rates_fall_over_the_run_or_over_what_is_left_of_it(prepare: Prepare) -> None:
    falling = [1, 0.6 + 0.4 * 0.5**0.5, 0.6, 0.6 - 0.4 * 0.5**0.5, 0.2]
    for after, expected in ((0.0, falling), (0.5, [1, 1, 1, 0.6, 0.2])):
        run, _ = prepare("gan", "final_rate=0.2", f"decay_after={after}", steps=4, folder=str(after))
        rates = [run.learning_rate_factor()]
        for _ in range(4):
            play_step(run)
            rates.append(run.learning_rate_factor())
        assert rates == pytest.approx(expected)


def test_without_a_step_there_is_no_speed() -> None:
    progress = Progress(step=3, images=12, seconds=5.0)
    progress.mark()
    assert progress.seconds == 5.0
    assert progress.images_per_second() == 0


def test_a_record_holds_means_of_all_steps_since_the_last(prepare: Prepare) -> None:
    lines: list[Any] = []

    class Keep(Listener):
        def record(self, view: Any, record: Any) -> None:
            lines.append(json.loads(json.dumps(record.line())))

    play(*prepare("gan", listeners=(Keep(),), steps=2))
    play(*prepare("gan", "record_every=8", folder="other", listeners=(Keep(),), steps=2))
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
    play_session(run, checkpointer, RunFacts(name="x"))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark) == before[1:]


def test_what_a_caller_drew_before_changes_nothing(shrink: Callable[..., Any], tmp_path: Path) -> None:
    samples = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        recipe = shrink("gan", "discriminator.dropout=0.5", steps=2)
        samples.append(sparring.train(recipe, tmp_path / str(seed)).sample(2))
    assert torch.equal(samples[0], samples[1])


def test_means_are_by_group_and_start_anew() -> None:
    metrics = MeanMetrics()
    metrics.add("losses/generator", {"adversarial": torch.tensor(1.0)})
    metrics.add("losses/generator", {"adversarial": torch.tensor(3.0)})
    metrics.add("losses/discriminator", {"adversarial": torch.tensor(-1.0), "R1": torch.tensor(0.5).bfloat16()})
    assert metrics.pop() == {
        "losses/generator": {"adversarial": 2.0},
        "losses/discriminator": {"adversarial": -1.0, "R1": 0.5},
    }
    assert metrics.pop() == {}


def test_a_number_that_is_due_only_sometimes_is_averaged_over_those_times() -> None:
    metrics = MeanMetrics()
    for step in range(4):
        metrics.add("losses", {"adversarial": torch.tensor(1.0)} | ({"R1": torch.tensor(8.0)} if step == 0 else {}))
    assert metrics.pop() == {"losses": {"adversarial": 1.0, "R1": 8.0}}


def test_no_graph_is_kept_and_the_device_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = MeanMetrics()
    weight = torch.ones((), requires_grad=True)
    for _ in range(3):
        metrics.add("losses", {"a": weight * 2, "b": weight * 3})
    assert not any(value.requires_grad for values in metrics._values.values() for value in values)
    reads: list[int] = []
    read = torch.Tensor.tolist
    monkeypatch.setattr(torch.Tensor, "tolist", lambda tensor: (reads.append(1), read(tensor))[1])
    assert metrics.pop() == {"losses": {"a": 2.0, "b": 3.0}}
    assert reads == [1]
