"""A number that is not finite stops the run at that step, names the module, and costs nothing that was saved."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import sparring
from sparring.errors import DivergenceError
from sparring.training.checkpoints import list_checkpoints, read_checkpoint
from sparring.training.listener import Listener
from sparring.training.loop import play
from sparring.training.run import Run

Prepare = Callable[..., tuple[Run, Any]]


class Poison(Listener):
    """Does something to a run after its third step."""

    def __init__(self, harm: Callable[[Any], object]) -> None:
        self.harm = harm

    def step(self, view: Any) -> None:
        if view.step == 3:
            with torch.no_grad():
                self.harm(view)


def spoil_weight(run: Run) -> None:
    run.game.get_parameter("discriminator.head.weight")[0, 0] = float("nan")


def spoil_generator(run: Run) -> None:
    run.game.get_parameter("generator.project.weight")[0, 0] = float("inf")


def spoil_data(run: Run) -> None:
    data = run.batches.data

    class Spoiled:
        __len__ = data.__len__

        def batch(self, indices: Any, random: torch.Generator) -> Any:
            real, condition = data.batch(indices, random)
            real[0, 0, 0, 0] = float("nan")
            return real, condition

    run.batches.data = Spoiled()  # type: ignore[assignment]


def spoil_loss(run: Run) -> None:
    team = run.optimizers["generator"].team
    ask = team.losses
    object.__setattr__(team, "losses", lambda batch: {name: value * torch.nan for name, value in ask(batch).items()})


def spoil_gradient(run: Run) -> None:
    weight = run.game.get_parameter("generator.grow.0.weight")
    weight.register_hook(lambda gradient: gradient * torch.inf)


@pytest.mark.parametrize(
    ("harm", "team", "what", "where"),
    [
        (spoil_weight, "discriminator", "losses", "the output of discriminator.head (Linear)"),
        (spoil_generator, "discriminator", "losses", "the output of generator.project (Linear)"),
        (spoil_data, "discriminator", "losses", "the batch of data"),
        (spoil_loss, "generator", "losses", "the loss 'adversarial'"),
        (spoil_gradient, "generator", "gradients", "generator.grow.0 (ConvTranspose2d)"),
    ],
)
def test_a_run_stops_at_the_very_step_and_names_the_place(
    harm: Callable[[Any], object], team: str, what: str, where: str, prepare: Prepare
) -> None:
    run, checkpointer = prepare("dcgan", "record_every=1M", listeners=(Poison(harm),), steps=8)
    with pytest.raises(DivergenceError) as raised:
        play(run, checkpointer)
    assert run.step == 3
    assert str(raised.value).startswith(f"the {team}'s {what} stopped being finite at step 3, first in {where}")
    assert "learning_rate" in str(raised.value)
    assert "--continue-with-changes" in str(raised.value)
    (kept,) = list_checkpoints(checkpointer.folder)
    checkpoint = read_checkpoint(kept)
    assert checkpoint.facts.step == 2
    assert all(tensor.isfinite().all() for tensor in checkpoint.tensors.values())


def test_weights_that_are_not_finite_are_never_saved(prepare: Prepare) -> None:
    run, checkpointer = prepare("dcgan", listeners=(Poison(spoil_generator),), steps=3)
    with pytest.raises(
        DivergenceError, match=r"weights stopped being finite at step \d, first in generator.project \(Linear\)"
    ):
        play(run, checkpointer)
    assert [read_checkpoint(path).facts.step for path in list_checkpoints(checkpointer.folder)] == [2]


def test_where_numbers_are_read_late_the_first_bad_move_is_named(prepare: Prepare) -> None:
    run, checkpointer = prepare("dcgan", "record_every=1M", listeners=(Poison(spoil_weight),), steps=8)
    run.health._immediate = False
    with pytest.raises(DivergenceError, match="the discriminator's losses or gradients stopped being finite at step 3"):
        play(run, checkpointer)
    assert [read_checkpoint(path).facts.step for path in list_checkpoints(checkpointer.folder)] == [2]


def test_a_run_that_diverged_loads_and_goes_on_from_before(shrink: Callable[..., Any], tmp_path: Path) -> None:
    recipe = shrink("dcgan", steps=6)
    with pytest.raises(DivergenceError):
        sparring.train(recipe, tmp_path / "run", listeners=[Poison(spoil_gradient)])
    assert sparring.load(tmp_path / "run").sample(2).isfinite().all()
    mended = sparring.train(recipe, tmp_path / "run")
    whole = sparring.train(recipe, tmp_path / "whole")
    assert torch.equal(mended.sample(2), whole.sample(2))


def test_a_sound_run_is_left_alone_by_its_watch(prepare: Prepare) -> None:
    weights = []
    for immediate in (True, False):
        run, checkpointer = prepare("dcgan", folder=str(immediate))
        run.health._immediate = immediate
        play(run, checkpointer)
        weights.append(run.game.state_dict())
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
