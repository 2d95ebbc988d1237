"""Saves a run, keeps the checkpoints worth keeping, and goes on from the newest."""

import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sparring.errors import CheckpointError
from sparring.training.checkpoints import (
    SUFFIX,
    Checkpoint,
    choose_superfluous,
    list_checkpoints,
    missing_names,
    rank,
    read_checkpoint,
    read_facts,
    same_stage,
    write_checkpoint,
)
from sparring.training.run import Progress, Run


class Checkpointer:
    """`facts` describe recipe and data; they go into every checkpoint, so that a model needs nothing beside it."""

    def __init__(self, run: Run, facts: dict[str, Any]) -> None:
        self.run = run
        self.facts = facts
        self.plan = run.training.checkpoints
        self.folder = run.home.checkpoints
        self._ranks: list[float] = []  # of the checkpoints that are there
        self._saved_images = -1
        self._saved_at = time.monotonic()

    def save_if_due(self) -> None:
        """Saves where images or minutes say so, and where the step scored as one of the best does."""
        minutes = (time.monotonic() - self._saved_at) / 60
        timely = self.run.passed(self.plan.every) or (self.plan.minutes and minutes >= self.plan.minutes)
        if timely or self._is_one_of_the_best():
            self.save()

    def _is_one_of_the_best(self) -> bool:
        ranked = rank(self._scored(), self.plan.by)
        return ranked is not None and sum(other <= ranked for other in self._ranks) < self.plan.best

    def save(self) -> None:
        """Writes a checkpoint of this step, unless there is one, and removes those that need not be kept.

        Raises:
            DivergenceError: the weights are not finite; nothing is written or removed.
            RunError: the disk refuses; what was there before is whole.
        """
        run = self.run
        if self._saved_images == run.images:
            return
        run.health.settle(run.step)
        path = self.folder / f"{run.images:010d}{SUFFIX}"
        write_checkpoint(path, self._checkpoint())
        self._saved_images, self._saved_at = run.images, time.monotonic()
        ranks = self._rank_all()
        for old in choose_superfluous(ranks, self.plan.last, self.plan.best):
            old.unlink(missing_ok=True)
        for listener in run.listeners:
            listener.saved(run, path)

    def _rank_all(self) -> dict[Path, float | None]:
        ranks = {path: self._rank(path) for path in list_checkpoints(self.folder)}
        self._ranks = [ranked for ranked in ranks.values() if ranked is not None]
        return ranks

    def _rank(self, path: Path) -> float | None:
        try:
            facts = read_facts(path)
        except CheckpointError:  # an old one that was damaged is no reason to stop a sound run
            return None
        # Scores of a pyramid's other stages are of other samples.
        return rank(facts, self.plan.by) if same_stage(facts, self.facts) else None

    def _checkpoint(self) -> Checkpoint:
        run = self.run
        tensors = {f"game/{name}": value for name, value in run.game.state_dict().items()}
        tensors |= {f"averages/{name}": value for name, value in run.averages.named_tensors().items()}
        for name, optimizer in run.optimizers.items():
            tensors |= {f"optimizers/{name}/{path}": value for path, value in optimizer.state()}
        progress = {"step": run.step, "images": run.images, "seconds": round(run.seconds, 3)}
        optimizers = {name: optimizer.kind for name, optimizer in run.optimizers.items()}
        return Checkpoint(tensors, {**self.facts, "progress": progress, **self._scored(), "optimizers": optimizers})

    def _scored(self) -> dict[str, Any]:
        """Returns the facts on this step's scores."""
        scores = self.run.scores if self.run.scored_at == self.run.images else {}
        return {
            "scores": scores,
            "score_directions": {
                name: self.run.score_directions[name] for name in scores if name in self.run.score_directions
            },
        }

    def resume(self) -> bool:
        """Goes on from the newest checkpoint in the folder; returns whether there was one.

        Raises:
            CheckpointError: it is damaged, or holds other networks than the recipe's.
        """
        paths = list_checkpoints(self.folder)
        if not paths:
            return False
        checkpoint, run = read_checkpoint(paths[-1]), self.run
        run.progress = Progress(**checkpoint.facts["progress"])
        if same_stage(checkpoint.facts, self.facts):
            self._restore(checkpoint, paths[-1])
        else:
            self._take_over(checkpoint)
        return True

    def _restore(self, checkpoint: Checkpoint, path: Path) -> None:
        run = self.run
        restore(run.game.state_dict(), checkpoint.part("game"), path)
        averages = run.averages.named_tensors()
        given = {**checkpoint.part("game"), **checkpoint.part("averages")}  # a new average starts at the weights
        restore(averages, {name: given[name] for name in averages}, path)
        for name, optimizer in run.optimizers.items():
            if checkpoint.facts["optimizers"].get(name) == optimizer.kind:  # another kind starts anew
                optimizer.restore(checkpoint.part(f"optimizers/{name}"))
        run.scores, run.scored_at = dict(checkpoint.facts["scores"]), run.images
        self._saved_images = run.images
        self._rank_all()

    @torch.no_grad()
    def _take_over(self, checkpoint: Checkpoint) -> None:
        """Begins a stage with what the one before has of it, by name and shape; its optimizers begin anew."""
        self._saved_images = self.run.images  # the checkpoint that it begins with is this one
        averages = self.run.averages.named_tensors()
        given = {**checkpoint.part("game"), **checkpoint.part("averages")}
        for held, before in ((self.run.game.state_dict(), checkpoint.part("game")), (averages, given)):
            for name, tensor in held.items():
                if name in before and before[name].shape == tensor.shape:
                    tensor.copy_(before[name])


@torch.no_grad()
def restore(held: dict[str, Tensor], given: dict[str, Tensor], path: Path) -> None:
    """Copies the tensors of the checkpoint at `path` into `held`; raises `CheckpointError` where they do not fit."""
    shapes = [{f"{name} {tuple(tensor.shape)}" for name, tensor in tensors.items()} for tensors in (held, given)]
    if wrong := missing_names(*shapes):
        raise CheckpointError(f"{path} holds other networks than the recipe describes: {wrong}.")
    for name, tensor in held.items():
        tensor.copy_(given[name])
