"""The one loop that plays every game: for each move freeze the others, ask for losses, step."""

from functools import reduce
from operator import add

import torch

from sparring.training.keeper import Keeper
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
    """Plays one step: every move of the game's order, once."""
    for move in run.moves():
        team = move.mover.team
        with run.game.to_move(team):
            for batch in run.batches(move):
                with run.precision.forward():
                    losses = team.losses(batch)
                total = reduce(add, losses.values())
                torch.autograd.backward(total / run.training.accumulation)
                run.report(move, losses, batch)
            run.health.watch(run.step, move.mover, total, batch)
            move.mover.step()
    run.advance()
