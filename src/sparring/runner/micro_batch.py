"""Sets the micro-batches of a recipe: as many samples at a time as wanted, or as memory holds."""

from collections.abc import Callable, Sequence
from math import gcd, prod

import torch

from sparring.game.stage import Stage
from sparring.recipes.schema import Recipe
from sparring.training.checkpoints import list_checkpoints
from sparring.training.folder import RunFolder
from sparring.training.micro_batch import AUTO, MicroBatch, count_parts, divisors, find_size
from sparring.training.run import Run


def set_micro_batch(
    recipe: Recipe,
    wanted: MicroBatch | None,
    stages: Sequence[Stage],
    home: RunFolder,
    device: torch.device,
    build: Callable[[Recipe, Stage], Run],
) -> Recipe:
    """Returns `recipe` with batches computed `wanted` samples at a time; in a pyramid, those of its largest stage.

    `auto` means as many as memory holds; a run with checkpoints in the folder keeps its own number.

    Raises:
        SpecError: `wanted` does not divide the batch.
        RunError: see `find_size`.
    """
    if wanted is None:
        return recipe
    largest = max(stages, key=lambda stage: stage.batch * prod(stage.sample))
    if wanted != AUTO:
        return _accumulate(recipe, count_parts(largest.batch, wanted))
    if list_checkpoints(home.checkpoints):
        return _accumulate(recipe, home.read_recipe().get("training", {}).get("accumulation", 1))
    parts = divisors(gcd(recipe.training.batch, *(stage.batch for stage in stages)))
    size = find_size(
        largest.batch, parts, device, lambda size: build(_accumulate(recipe, largest.batch // size), largest)
    )
    return _accumulate(recipe, largest.batch // size)


def _accumulate(recipe: Recipe, parts: int) -> Recipe:
    return recipe.override([f"training.accumulation={parts}"])
