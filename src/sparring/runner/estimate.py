"""What a run will cost, from two steps of it."""

import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from sparring.data import Loading
from sparring.listeners.formatting import duration_in_words, format_count
from sparring.recipes.schema import Recipe
from sparring.runner.micro_batch import with_micro_batch
from sparring.runner.stages import check_parts, plan_stages
from sparring.runner.train import build_stage
from sparring.training.clock import Clock
from sparring.training.folder import RunFolder
from sparring.training.loop import play_step
from sparring.training.memory import peak_memory_mb
from sparring.training.micro_batch import MicroBatch, describe_parts
from sparring.training.precision import find_device
from sparring.training.run import Run


@dataclass(frozen=True)
class Estimate:
    """Sizes that are known and times that were measured; memory is the most this process held."""

    parameters: dict[str, int]
    images: int
    shape: tuple[int, ...]
    target: int
    images_per_second: float
    memory_mb: float
    notes: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """Returns the estimate as lines of text."""
        seconds = self.target / self.images_per_second
        players = [f"{name:<16}{count:>12,} parameters" for name, count in self.parameters.items()]
        return [
            f"{'data':<16}{self.images:>12,} images of {'x'.join(map(str, self.shape))}",
            *players,
            f"{'speed':<16}{self.images_per_second:>12,.0f} images/s, over two steps",
            f"{'time':<16}{duration_in_words(seconds):>12} for {format_count(self.target)} images",
            f"{'memory':<16}{self.memory_mb:>12,.0f} MB",
            *self.notes,
        ]


def estimate(
    recipe: Recipe, device: str = "auto", *, loading: Loading = Loading(), micro_batch: MicroBatch | None = None
) -> Estimate:
    """Returns what `recipe` would cost on `device`: builds all of it, plays a step to warm up, measures two more.

    Takes `loading` and `micro_batch`, and raises as `train` does; writes nothing.
    """
    place = find_device(device)
    data = recipe.data.load(loading)
    seconds = 0.0
    with tempfile.TemporaryDirectory() as folder, torch.random.fork_rng([]):
        home = RunFolder(Path(folder))
        stages = plan_stages(recipe, data)
        recipe = with_micro_batch(recipe, micro_batch, stages, home, place, partial(build_stage, data, home, place))
        check_parts(recipe, stages)
        for stage in stages:
            run = build_stage(data, home, place, recipe, stage)
            seconds += (stage.end - stage.begin) / measure_speed(run)
    return Estimate(
        run.game.count_parameters(),
        len(data),
        data.shape,
        recipe.training.images,
        recipe.training.images / seconds,
        peak_memory_mb(place),
        () if micro_batch is None else (describe_parts(stages[-1].batch, recipe.training.accumulation),),
    )


def measure_speed(run: Run) -> float:
    """Returns images/s over two steps of `run`, after one to warm up."""
    play_step(run)
    clock = Clock()
    for _ in range(2):
        clock.start()
        before = run.images
        play_step(run)
        run.health.settle(run.step)
        clock.stop(run.images - before)
    return clock.images_per_second()
