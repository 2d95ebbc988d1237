"""What a run will cost, from two steps of it."""

import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from sparring.data import Loading
from sparring.listeners.formatting import format_count, format_duration
from sparring.recipes.schema import Recipe
from sparring.runner.micro_batch import set_micro_batch
from sparring.runner.stages import check_accumulation, plan_stages
from sparring.runner.train import build_stage
from sparring.training.folder import RunFolder
from sparring.training.loop import play_step
from sparring.training.memory import peak_memory_mb
from sparring.training.micro_batch import MicroBatch, describe_parts
from sparring.training.precision import find_device
from sparring.training.run import Run


@dataclass(frozen=True)
class Estimate:
    """Known sizes and measured times; memory is the peak of this process."""

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
            f"{'time':<16}{format_duration(seconds):>12} for {format_count(self.target)} images",
            f"{'memory':<16}{self.memory_mb:>12,.0f} MB",
            *self.notes,
        ]


def estimate(
    recipe: Recipe, device: str = "auto", *, loading: Loading = Loading(), micro_batch: MicroBatch | None = None
) -> Estimate:
    """Returns the cost of training `recipe` on `device`: builds all of it, plays a step to warm up, measures two more.

    Takes `loading` and `micro_batch`, and raises as `train` does; writes nothing.
    """
    target = find_device(device)
    data = recipe.data.load(loading)
    seconds = 0.0
    with tempfile.TemporaryDirectory() as folder, torch.random.fork_rng([]):
        home = RunFolder(Path(folder))
        stages = plan_stages(recipe, data)
        build = partial(build_stage, data, home, target)
        recipe = set_micro_batch(recipe, micro_batch, stages, home, target, build)
        check_accumulation(recipe, stages)
        for stage in stages:
            run = build(recipe, stage)
            seconds += (stage.end - stage.begin) / measure_speed(run)
    return Estimate(
        run.game.count_parameters(),
        len(data),
        data.shape,
        recipe.training.images,
        recipe.training.images / seconds,
        peak_memory_mb(target),
        () if micro_batch is None else (describe_parts(stages[-1].batch, recipe.training.accumulation),),
    )


def measure_speed(run: Run) -> float:
    """Returns images/s over two steps of `run`, after one to warm up."""
    play_step(run)
    start, before = time.perf_counter(), run.images
    for _ in range(2):
        play_step(run)
        run.health.settle(run.step)  # waits for the device
    return (run.images - before) / (time.perf_counter() - start)
