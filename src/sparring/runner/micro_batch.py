"""A recipe whose batches are computed a few samples at a time: as many as somebody says, or as memory holds."""

from collections.abc import Callable, Sequence
from math import gcd, prod

import torch

from sparring.game.stage import Stage
from sparring.recipes.schema import Recipe
from sparring.training.checkpoints import list_checkpoints
from sparring.training.folder import RunFolder
from sparring.training.micro_batch import AUTO, MicroBatch, count_parts, divisors, find_size
from sparring.training.run import Run


def with_micro_batch(
    recipe: Recipe,
    wanted: MicroBatch | None,
    stages: Sequence[Stage],
    home: RunFolder,
    device: torch.device,
    build: Callable[[Recipe, Stage], Run],
) -> Recipe:
    """Returns `recipe` with batches computed `wanted` samples at a time; in a pyramid, those of its largest stage.

    With `auto` they are as many as memory holds, or, where the run in the folder has checkpoints, as it has it.

    Raises:
        SpecError: batches cannot be computed so.
        RunError: see `find_size`.
    """
    if wanted is None:
        return recipe
    largest = max(stages, key=lambda stage: stage.batch * prod(stage.sample))
    if wanted != AUTO:
        return in_parts(recipe, count_parts(largest.batch, wanted))
    if list_checkpoints(home.checkpoints):
        return in_parts(recipe, home.read_recipe().get("training", {}).get("accumulation", 1))
    parts = divisors(gcd(recipe.training.batch, *(stage.batch for stage in stages)))
    size = find_size(largest.batch, parts, device, lambda size: build(in_parts(recipe, largest.batch // size), largest))
    return in_parts(recipe, largest.batch // size)


def in_parts(recipe: Recipe, parts: int) -> Recipe:
    """Returns `recipe` with batches computed in so many `parts`."""
    return recipe.override([f"training.accumulation={parts}"])
