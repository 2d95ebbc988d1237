"""The stages of a run: the plan, the next one, and the data at the size of each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from sparring.data import Dataset
from sparring.data.downsampled import DownsampledDataset
from sparring.errors import SpecError
from sparring.game.stage import Stage
from sparring.recipes.schema import Recipe, build_game
from sparring.training.checkpoints import CheckpointFacts, list_checkpoints, read_facts
from sparring.training.folder import RunFolder


def plan_stages(recipe: Recipe, data: Dataset) -> tuple[Stage, ...]:
    """Returns the stages of the recipe's run on `data`, most often one.

    Raises:
        SparringError: one of several cannot be built, or has no step.
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
                f"training.images: {training.images} leave no step for the stage of {_size(stage)}, since the "
                f"batches of those before show {images}; show more images, or use smaller batches"
            )
        shown = stage.batch * max(moves.values())
        images += -(-(stage.end - images) // shown) * shown
    return stages


def check_accumulation(recipe: Recipe, stages: Sequence[Stage]) -> None:
    """Raises `SpecError` where `training.accumulation` does not divide the batch of a stage."""
    for stage in stages:
        if stage.batch % recipe.training.accumulation:
            raise SpecError(
                f"training.accumulation: the batch of {stage.batch} at {_size(stage)} cannot be computed in "
                f"{recipe.training.accumulation} equal parts"
            )


def find_stage(home: RunFolder, stages: Sequence[Stage]) -> int:
    """Returns the index of the next stage of the run in the folder: that of the newest checkpoint, if not over."""
    facts = _newest_facts(home)
    if facts is None:
        return 0
    last = len(stages) - 1
    number = min(facts.stage, last)
    return min(number + 1, last) if facts.images >= stages[number].end else number


def resume_stage(home: RunFolder, stage: Stage, number: int) -> Stage:
    """Returns `stage`, which is `number`; fully faded in where the run in the folder began it under another plan."""
    facts = _newest_facts(home)
    changed = facts is not None and facts.stage == number and facts.begin != stage.begin
    return replace(stage, begin=0) if changed else stage


def _newest_facts(home: RunFolder) -> CheckpointFacts | None:
    checkpoints = list_checkpoints(home.checkpoints)
    return read_facts(checkpoints[-1]) if checkpoints else None


def resize_data(data: Dataset, stage: Stage) -> Dataset:
    """Returns `data` at the stage's size."""
    return data if stage.sample == data.shape else DownsampledDataset(data, stage.sample)


def describe_stage(stages: Sequence[Stage], number: int) -> list[str]:
    """Returns a sentence on stage `number` for the console; nothing where there is only one."""
    if len(stages) == 1:
        return []
    stage = stages[number]
    rate = f", learning rates times {stage.rate:g}" if stage.rate != 1 else ""
    return [f"Stage {number + 1} of {len(stages)}: {_size(stage)}, batches of {stage.batch}{rate}."]


def _size(stage: Stage) -> str:
    """Returns the size of a stage's samples.

    >>> _size(Stage((3, 8, 16), 0, 100, 4))
    '8x16'
    """
    return "x".join(map(str, stage.sample[1:] or stage.sample))
