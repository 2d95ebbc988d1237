"""A run of a shrunk recipe, built and not yet played."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from sparring.recipes import Recipe
from sparring.runner.train import build_run
from sparring.training.checkpointer import Checkpointer
from sparring.training.checkpoints import CheckpointFacts
from sparring.training.folder import RunFolder
from sparring.training.run import Run

Prepare = Callable[..., tuple[Run, Checkpointer]]


@pytest.fixture
def prepare(shrink: Callable[..., Recipe], tmp_path: Path) -> Prepare:
    """Makes a run and its checkpointer: `prepare("dcgan", "seed=1", steps=2, folder="other", listeners=[...])`."""

    def make(
        *changes: str, folder: str = "run", listeners: tuple[Any, ...] = (), **options: int
    ) -> tuple[Run, Checkpointer]:
        recipe = shrink(*changes, **options)
        home = RunFolder(tmp_path / folder)
        run = build_run(recipe, recipe.data.load(), home, torch.device("cpu"), listeners)
        return run, Checkpointer(run, CheckpointFacts(recipe=recipe.tree(), sample=run.shape))

    return make
