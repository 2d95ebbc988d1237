"""The one loop that plays every game: for each move freeze the others, follow the gradients of the losses, step."""

from collections.abc import Callable
from functools import partial, reduce
from operator import add

import torch
from torch import Tensor

from sparring.game import Batch, Losses
from sparring.training.batches import Shared
from sparring.training.checkpointer import Checkpointer
from sparring.training.health import all_finite
from sparring.training.recorder import Recorder
from sparring.training.run import Run
from sparring.training.team_optimizer import Move, TeamOptimizer


def play(run: Run, checkpointer: Checkpointer, stop_requested: Callable[[], bool] = lambda: False) -> None:
    """Plays `run` to the end of its stage, or until a stop is requested; either way it is saved and can be resumed.

    Raises:
        DivergenceError: losses, gradients or weights stopped being finite; the last checkpoint stays.
    """
    recorder = Recorder(run)

    def is_over() -> bool:
        return run.stage_is_over() or stop_requested()

    while not is_over():
        play_step(run)
        scores = recorder.record_step(last=is_over())
        checkpointer.save_if_due(scores)
    checkpointer.save()


def play_step(run: Run) -> None:
    """Plays one step: every turn of the game's order, once. The moves of one turn are made from the same weights."""
    run.progress.start()
    for turn in run.turns:
        shared: Shared = {}  # the next turn's weights are others
        for move in turn:
            compute_gradients(run, move, shared)
        for move in turn:
            move.optimizer.step(run.learning_rate_factor())
    run.advance()
    run.progress.pause()


def compute_gradients(run: Run, move: Move, shared: Shared) -> None:
    """Computes the gradients of a move: everyone else is frozen, micro-batches add up."""
    team = move.optimizer.team
    with run.game.to_move(team):
        for batch in run.batches.draw(move, run.step, run.images, shared):
            eager = partial(differentiate, run, move.optimizer, batch)
            finite, losses = run.graph_capture.play(move.optimizer, batch, eager) if run.graph_capture else eager()
            run.metrics.add(f"losses/{team.name}", losses)
            run.metrics.add("observations", batch.observations)
        run.health.watch(run.step, move.optimizer, finite, batch)


def differentiate(run: Run, optimizer: TeamOptimizer, batch: Batch) -> tuple[Tensor, Losses]:
    """Adds a micro-batch's gradients to those of the weights; returns whether all is finite, and the losses."""
    with run.autocast(), run.compiled(optimizer.team, batch.step):
        losses = optimizer.team.losses(batch)
    total = reduce(add, losses.values())
    torch.autograd.backward(total / run.training.accumulation)
    gradients = [weight.grad for weight in optimizer.parameters if weight.grad is not None]
    return all_finite(total, gradients), losses
