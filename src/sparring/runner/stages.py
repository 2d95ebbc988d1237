"""The stages of a run: which there are, which is next, and the data as each sees it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sparring.data import Dataset
from sparring.data.downsampled import DownsampledDataset
from sparring.errors import SpecError
from sparring.game.stage import Stage
from sparring.recipes.schema import Recipe, build_game
from sparring.training.checkpoints import list_checkpoints, read_facts
from sparring.training.folder import RunFolder


def plan_stages(recipe: Recipe, data: Dataset) -> tuple[Stage, ...]:
    """Returns the stages of the recipe's run over `data`, most often one.

    Raises:
        SparringError: one of several cannot be played, or would not make a step.
    """
    training = recipe.training
    stages = recipe.game.stages(data.shape, training.images, training.batch)
    if len(stages) == 1:
        return stages
    moves = Counter(name for turn in recipe.game.turns() for name in turn)
    images = 0
    for stage in stages:
        build_game(recipe, stage.sample, data.condition)
        if stage.end <= images:
            raise SpecError(
                f"training.images: {training.images} leave no step for the stage of {describe(stage)}, since the "
                f"batches of those before show {images}; show more images, or give smaller batches"
            )
        shown = stage.batch * max(moves.values())
        images += -(-(stage.end - images) // shown) * shown
    return stages


def check_parts(recipe: Recipe, stages: Sequence[Stage]) -> None:
    """Raises `SpecError` where the batch of a stage cannot be computed in as many parts as the recipe says."""
    for stage in stages:
        if stage.batch % recipe.training.accumulation:
            raise SpecError(
                f"training.accumulation: the batch of {stage.batch} at {describe(stage)} cannot be computed in "
                f"{recipe.training.accumulation} equal parts"
            )


def find_stage(home: RunFolder, stages: Sequence[Stage]) -> int:
    """Returns the number of the stage that is next in the run's folder: that of the newest checkpoint, if not over."""
    facts = _newest(home)
    last = len(stages) - 1
    number = min(int(facts.get("stage", 0)), last)
    return min(number + 1, last) if facts and facts["progress"]["images"] >= stages[number].end else number


def as_entered(home: RunFolder, stage: Stage, number: int) -> Stage:
    """Returns `stage`, which is `number`; as all faded in where the run in the folder entered it under another plan."""
    facts = _newest(home)
    known = facts.get("stage") == number and facts.get("begin", stage.begin) != stage.begin
    return replace(stage, begin=0) if known else stage


def _newest(home: RunFolder) -> dict[str, Any]:
    checkpoints = list_checkpoints(home.checkpoints)
    return read_facts(checkpoints[-1]) if checkpoints else {}


def data_of(stage: Stage, data: Dataset) -> Dataset:
    """Returns `data` at the stage's size."""
    return data if stage.sample == data.shape else DownsampledDataset(data, stage.sample)


def notes_on(stages: Sequence[Stage], number: int) -> list[str]:
    """Returns what people are told at the beginning of stage `number`; nothing where there is but one."""
    if len(stages) == 1:
        return []
    stage = stages[number]
    rate = f", learning rates times {stage.rate:g}" if stage.rate != 1 else ""
    return [f"Stage {number + 1} of {len(stages)}: {describe(stage)}, batches of {stage.batch}{rate}."]


def describe(stage: Stage) -> str:
    """Returns the size of a stage's samples in words.

    >>> describe(Stage((3, 8, 16), 0, 100, 4))
    '8x16'
    """
    return "x".join(map(str, stage.sample[1:] or stage.sample))
