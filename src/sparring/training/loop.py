"""The one loop that plays every game: for each move freeze the others, follow the losses, step."""

from functools import reduce
from operator import add

import torch
from torch import Tensor

from sparring.game import Batch, Losses
from sparring.training.checkpointer import Checkpointer
from sparring.training.health import all_finite
from sparring.training.run import Run
from sparring.training.team_optimizer import Move, TeamOptimizer


def play(run: Run, checkpointer: Checkpointer) -> None:
    """Plays `run` to its end, or until it is asked to stop; either way it is saved and can go on.

    Raises:
        DivergenceError: losses, gradients or weights stopped being finite; the last checkpoint stays.
    """
    while run.goes_on():
        play_step(run)
        checkpointer.save_if_due()
    checkpointer.save()


def play_step(run: Run) -> None:
    """Plays one step: every turn of the game's order, once."""
    for turn in run.turns():
        for move in turn:
            follow_losses(run, move)
        for move in turn:
            move.optimizer.step(run.rate())
    run.advance()


def follow_losses(run: Run, move: Move) -> None:
    """Computes the gradients of a move: everyone else is frozen, micro-batches add up."""
    with run.game.to_move(move.optimizer.team):
        for batch in run.batches(move):
            finite, losses = run.graph_capture.play(
                move.optimizer,
                batch,
                lambda: play_live(run, move.optimizer, batch),  # noqa: B023
            )
            run.report(move, losses, batch)
        run.health.watch(run.step, move.optimizer, finite, batch)


def play_live(run: Run, optimizer: TeamOptimizer, batch: Batch) -> tuple[Tensor, Losses]:
    """Adds a micro-batch's gradients to those of the weights; returns whether all is finite, and the losses."""
    with run.precision.forward(), run.compiler.playing(optimizer.team, batch.step):
        losses = optimizer.team.losses(batch)
    total = reduce(add, losses.values())
    torch.autograd.backward(total / run.training.accumulation)
    gradients = [weight.grad for weight in optimizer.parameters if weight.grad is not None]
    return all_finite(total, gradients), losses
