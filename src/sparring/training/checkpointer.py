"""Saves a run, keeps the checkpoints worth keeping, and resumes from the newest."""

import time
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from sparring.errors import CheckpointError
from sparring.training.checkpoints import (
    Checkpoint,
    CheckpointFacts,
    choose_superfluous,
    describe_difference,
    list_checkpoints,
    read_checkpoint,
    read_facts,
    write_checkpoint,
)
from sparring.training.listener import score_directions
from sparring.training.run import Progress, Run
from sparring.training.tensor_file import SUFFIX


class Checkpointer:
    """`facts` describe recipe, data and stage; each checkpoint adds progress, scores and optimizers to them."""

    def __init__(self, run: Run, facts: CheckpointFacts) -> None:
        self.run = run
        self.facts = facts
        self.plan = run.training.checkpoints
        self.folder = run.home.checkpoints
        self._directions = score_directions(run.listeners)
        self._scores: Mapping[str, float] = {}
        self._ranks: list[float] = []  # of the checkpoints in the folder
        self._saved_images = -1
        self._saved_at = time.monotonic()

    def save_if_due(self, scores: Mapping[str, float]) -> None:
        """Saves where images or minutes are due, and where the `scores` of this step are among the best."""
        self._scores = scores
        minutes = (time.monotonic() - self._saved_at) / 60
        timely = self.run.passed(self.plan.every) or (self.plan.minutes and minutes >= self.plan.minutes)
        if timely or self._is_one_of_the_best():
            self.save()

    def _is_one_of_the_best(self) -> bool:
        rank = self._current_facts().rank(self.plan.by) if self._scores else None
        return rank is not None and sum(other <= rank for other in self._ranks) < self.plan.best

    def save(self) -> None:
        """Writes a checkpoint of this step, unless there is one, and removes those that need not be kept.

        Raises:
            DivergenceError: the weights are not finite; nothing is written or removed.
            RunError: the disk refuses; earlier checkpoints are whole.
        """
        run = self.run
        if self._saved_images == run.images:
            return
        run.health.settle(run.step)
        path = self.folder / f"{run.images:010d}{SUFFIX}"
        write_checkpoint(path, Checkpoint(self._tensors(), self._current_facts()))
        self._saved_images, self._saved_at = run.images, time.monotonic()
        for old in choose_superfluous(self._rank_all(), self.plan.last, self.plan.best):
            old.unlink(missing_ok=True)
        for listener in run.listeners:
            listener.saved(run, path)

    def _rank_all(self) -> dict[Path, float | None]:
        ranks = {path: self._rank(path) for path in list_checkpoints(self.folder)}
        self._ranks = [rank for rank in ranks.values() if rank is not None]
        return ranks

    def _rank(self, path: Path) -> float | None:
        try:
            facts = read_facts(path)
        except CheckpointError:  # an old one that was damaged is no reason to stop a sound run
            return None
        # Scores of a pyramid's other stages are of other samples.
        return facts.rank(self.plan.by) if facts.stage == self.facts.stage else None

    def _tensors(self) -> dict[str, Tensor]:
        run = self.run
        tensors = {f"game/{name}": value for name, value in run.game.state_dict().items()}
        tensors |= {f"averages/{name}": value for name, value in run.averages.named_tensors().items()}
        for name, optimizer in run.optimizers.items():
            tensors |= {f"optimizers/{name}/{path}": value for path, value in optimizer.state()}
        return tensors

    def _current_facts(self) -> CheckpointFacts:
        run, scores = self.run, dict(self._scores)
        return self.facts.model_copy(
            update={
                "step": run.step,
                "images": run.images,
                "seconds": round(run.seconds, 3),
                "scores": scores,
                "score_directions": {name: self._directions[name] for name in scores if name in self._directions},
                "optimizers": {name: optimizer.kind for name, optimizer in run.optimizers.items()},
            }
        )

    def resume(self) -> bool:
        """Resumes from the newest checkpoint in the folder; returns whether there was one.

        Raises:
            CheckpointError: it is damaged, or holds other networks than the recipe's.
        """
        paths = list_checkpoints(self.folder)
        if not paths:
            return False
        checkpoint = read_checkpoint(paths[-1])
        facts = checkpoint.facts
        self.run.progress = Progress(facts.step, facts.images, facts.seconds)
        self._saved_images = facts.images
        if facts.stage == self.facts.stage:
            self._restore(checkpoint, paths[-1])
            self._rank_all()
        else:
            self._begin_stage_from(checkpoint)
        return True

    def _restore(self, checkpoint: Checkpoint, path: Path) -> None:
        run = self.run
        restore(run.game.state_dict(), checkpoint.part("game"), path)
        averages = run.averages.named_tensors()
        saved = {**checkpoint.part("game"), **checkpoint.part("averages")}  # a new average starts at the weights
        restore(averages, {name: saved[name] for name in averages}, path)
        for name, optimizer in run.optimizers.items():
            if checkpoint.facts.optimizers.get(name) == optimizer.kind:  # another kind starts anew
                optimizer.restore(checkpoint.part(f"optimizers/{name}"))

    @torch.no_grad()
    def _begin_stage_from(self, checkpoint: Checkpoint) -> None:
        """Copies the tensors of the stage before that have the same name and shape; optimizers begin anew."""
        averages = self.run.averages.named_tensors()
        saved = {**checkpoint.part("game"), **checkpoint.part("averages")}
        for live, before in ((self.run.game.state_dict(), checkpoint.part("game")), (averages, saved)):
            for name, tensor in live.items():
                if name in before and before[name].shape == tensor.shape:
                    tensor.copy_(before[name])


@torch.no_grad()
def restore(live: dict[str, Tensor], saved: dict[str, Tensor], path: Path) -> None:
    """Copies the tensors of the checkpoint at `path` into `live`; raises `CheckpointError` where they do not fit."""
    shapes = [{f"{name} {tuple(tensor.shape)}" for name, tensor in tensors.items()} for tensors in (live, saved)]
    if difference := describe_difference(*shapes):
        raise CheckpointError(f"{path} holds other networks than the recipe describes: {difference}.")
    for name, tensor in live.items():
        tensor.copy_(saved[name])
