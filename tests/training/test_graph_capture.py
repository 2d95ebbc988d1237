"""A replayed move equals the eager one to the last bit, and what cannot be captured runs eagerly."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from sparring.adversary import Augmentation
from sparring.game import Batch
from sparring.training.loop import play_step
from sparring.training.run import Run, allows_capture

Prepare = Callable[..., Any]

ALIKE = [
    ("ring",),
    ("gan",),
    ("gan", "conditional=true"),
    ("ring", "penalties=[GradientPenalty, {kind: R1, every: 2}]"),
    ("ring", "losses=NonSaturating", "penalties=[]", "discriminator=Packed"),
    ("ring", "game.order=[[discriminator, generator]]", "final_rate=0.1", "clip_gradient=0.1"),
    ("ring", "losses=Hinge", "penalties=[DRAGAN, {kind: R2, every: 3}]"),
    ("ring", "game.generator.width=400", "game.discriminator.width=512", "prior.size=300"),
]


def play(prepare: Prepare, changes: tuple[str, ...], recorded: bool, steps: int = 9) -> tuple[Run, list[Tensor]]:
    folder = "recorded" if recorded else "live"
    run, _ = prepare(*changes, f"training.recorded={recorded}", folder=folder, steps=steps)
    for _ in range(steps):
        play_step(run)
    return run, [value.clone() for value in run.game.state_dict().values()]


def replayed(run: Run) -> int:
    states = run.graph_capture._states.values() if run.graph_capture else ()
    return sum(state.trusted and state.moves == 2 for state in states)


@pytest.mark.parametrize("changes", ALIKE, ids=[" ".join(changes) for changes in ALIKE])
def test_a_replayed_run_equals_the_eager_one_to_the_last_bit(prepare: Prepare, changes: tuple[str, ...]) -> None:
    live, expected = play(prepare, changes, recorded=False)
    recorded, state = play(prepare, changes, recorded=True)
    assert replayed(live) == 0
    assert replayed(recorded) >= 2
    assert all(torch.equal(one, other) for one, other in zip(expected, state, strict=True))
    assert recorded.metrics.pop() == live.metrics.pop()


LIVE = [
    ("ring", "training.accumulation=2"),
    ("ring", "training.precision=bfloat16"),
    ("ring", "penalties=[]", "discriminator.reparametrization=SpectralNorm"),
    ("ring", "penalties=[LeCam]"),
    ("dcgan",),
]


@pytest.mark.parametrize("changes", LIVE, ids=[" ".join(changes) for changes in LIVE])
def test_what_cannot_be_captured_runs_eagerly(prepare: Prepare, changes: tuple[str, ...]) -> None:
    _, expected = play(prepare, changes, recorded=False)
    run, state = play(prepare, changes, recorded=True)
    assert replayed(run) == 0
    assert all(torch.equal(one, other) for one, other in zip(expected, state, strict=True))


def test_a_module_with_a_hook_is_called(prepare: Prepare) -> None:
    run, _ = play(prepare, ("ring",), recorded=True)
    called: list[int] = []
    run.game.get_submodule("discriminator").register_forward_hook(lambda *_: called.append(1))
    play_step(run)
    assert called


def test_a_part_that_is_not_stationary_runs_eagerly(prepare: Prepare) -> None:
    class Late(Augmentation):
        """Begins after some images."""

        def __call__(self, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
            return samples * (0.5 if images >= 20 else 1.0)

    run, _ = play(prepare, ("ring", "augmentations=[Late]"), recorded=True)
    assert replayed(run) == 0


def test_a_game_without_a_capture_key_runs_eagerly(prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = prepare("ring", "training.recorded=true", steps=9)
    monkeypatch.setattr(type(run.game), "capture_key", lambda self, batch: None)
    for _ in range(4):
        play_step(run)
    assert run.graph_capture is not None
    assert run.graph_capture._states == {}


def test_a_move_that_depends_on_more_than_its_key_is_noticed(prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loss that depends on the step is baked into the graph; the comparison notices."""
    states = []
    for recorded in (False, True):
        run, _ = prepare("ring", f"training.recorded={recorded}", steps=9, folder=str(recorded))
        game: Any = run.game
        plain = game.generate

        def stepwise(batch: Batch, plain: Any = plain) -> dict[str, Tensor]:
            return {name: value * (1 + batch.step) for name, value in plain(batch).items()}

        object.__setattr__(game.teams[1], "losses", stepwise)
        for _ in range(6):
            play_step(run)
        states.append([value.clone() for value in game.state_dict().values()])
        assert replayed(run) == int(recorded)
    assert all(torch.equal(one, other) for one, other in zip(*states, strict=True))


def test_a_captured_graph_holds_no_tensor(prepare: Prepare) -> None:
    run, _ = prepare("ring", "training.recorded=true", steps=9)
    game: Any = run.game
    plain, held = game.generate, torch.ones(())
    object.__setattr__(game.teams[1], "losses", lambda batch: {"held": plain(batch)["adversarial"] * held})
    for _ in range(6):
        play_step(run)
    assert replayed(run) == 1


def test_nothing_is_captured_off_the_cpu(prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = prepare("ring", "training.recorded=true", steps=1)
    assert allows_capture(run.game, run.training)
    monkeypatch.setattr(type(run.game), "device", torch.device("meta"))
    assert not allows_capture(run.game, run.training)
