"""The one loop that plays every game: for each move freeze the others, follow the losses, step."""

from functools import reduce
from operator import add

import torch
from torch import Tensor

from sparring.game import Batch, Losses, Team
from sparring.training.keeper import Keeper
from sparring.training.mover import Move
from sparring.training.run import Run


def play(run: Run, keeper: Keeper) -> None:
    """Plays `run` to its end, or until it is asked to stop; either way it is saved and can go on.

    Raises:
        DivergenceError: losses, gradients or weights stopped being finite; the last checkpoint stays.
    """
    while run.goes_on():
        play_step(run)
        keeper.save_if_due()
    keeper.save()


def play_step(run: Run) -> None:
    """Plays one step: every turn of the game's order, once."""
    for turn in run.turns():
        for move in turn:
            follow_losses(run, move)
        for move in turn:
            move.mover.step()
    run.advance()


def follow_losses(run: Run, move: Move) -> None:
    """Computes the gradients of a move: everyone else is frozen, micro-batches add up."""
    team = move.mover.team
    with run.game.to_move(team):
        for batch in run.batches(move):
            total, losses = run.recorder.play(move.mover, batch, lambda: play_live(run, team, batch))  # noqa: B023
            run.report(move, losses, batch)
        run.health.watch(run.step, move.mover, total, batch)


def play_live(run: Run, team: Team, batch: Batch) -> tuple[Tensor, Losses]:
    """Adds a micro-batch's gradients to those of the weights; returns the total of the losses, and these."""
    with run.precision.forward():
        losses = team.losses(batch)
    total = reduce(add, losses.values())
    torch.autograd.backward(total / run.training.accumulation)
    return total, losses
