"""What a run will cost, from two steps of it."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch

from sparring.listeners.wording import count_in_words, duration_in_words
from sparring.recipes.play import build_run
from sparring.recipes.schema import Recipe
from sparring.training.clock import Clock, peak_memory_mb
from sparring.training.folder import RunFolder
from sparring.training.loop import play_step
from sparring.training.precision import find_device


@dataclass(frozen=True)
class Estimate:
    """Sizes that are known and times that were measured; memory is the most this process held."""

    parameters: dict[str, int]
    images: int
    shape: tuple[int, ...]
    target: int
    images_per_second: float
    memory_mb: float

    def lines(self) -> list[str]:
        """Returns the estimate as lines of text."""
        seconds = self.target / self.images_per_second
        players = [f"{name:<16}{count:>12,} parameters" for name, count in self.parameters.items()]
        return [
            f"{'data':<16}{self.images:>12,} images of {'x'.join(map(str, self.shape))}",
            *players,
            f"{'speed':<16}{self.images_per_second:>12,.0f} images/s, over two steps",
            f"{'time':<16}{duration_in_words(seconds):>12} for {count_in_words(self.target)} images",
            f"{'memory':<16}{self.memory_mb:>12,.0f} MB",
        ]


def estimate(recipe: Recipe, device: str = "auto", *, skip_bad: bool = False) -> Estimate:
    """Returns what `recipe` would cost on `device`: builds all of it, plays a step to warm up, measures two more.

    Writes nothing; raises as `train` does.
    """
    place = find_device(device)
    data = recipe.data.load(skip_bad=skip_bad)
    with tempfile.TemporaryDirectory() as folder, torch.random.fork_rng([]):
        run = build_run(recipe, data, RunFolder(Path(folder)), place)
        play_step(run)
        clock = Clock()
        for _ in range(2):
            clock.start()
            before = run.images
            play_step(run)
            run.health.settle(run.step)
            clock.stop(run.images - before)
    return Estimate(
        run.game.count_parameters(),
        len(data),
        data.shape,
        recipe.training.images,
        clock.images_per_second(),
        peak_memory_mb(place),
    )
