"""A run that is not one: the face that listeners see, with numbers set by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, NoReturn

import pytest
import torch
from torch import Tensor, nn

from sparring.errors import SpecError
from sparring.game import Game, ScatterPlot
from sparring.network import Condition, Shape
from sparring.training.listener import Record


class Painter(Game):
    """A game of one weight: every sample is noise times that weight."""

    class Spec(Game.Spec):
        """Nothing to choose."""

    def __init__(self, spec: "Painter.Spec", sample: Shape, condition: Condition) -> None:
        super().__init__(spec, sample, condition)
        self.weight = nn.Parameter(torch.tensor(0.5))

    def draw(self, count: int, random: torch.Generator, condition: Tensor | None = None) -> Tensor:
        return (self.weight * torch.randn(count, *self.sample, generator=random)).clamp(-1, 1)


class Silent(Painter):
    """A game that makes no samples."""

    class Spec(Painter.Spec):
        """Nothing to choose."""

        generates: ClassVar[bool] = False

    def draw(self, count: int, random: torch.Generator, condition: Tensor | None = None) -> NoReturn:
        raise SpecError("makes no samples")

    def game_metrics(self, seed: int) -> Mapping[str, float]:
        return {"own": 1.0}

    def scatter_plots(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, ScatterPlot]:
        return {"points": ScatterPlot(real.flatten(1)[:, :2], torch.zeros(len(real)))}


@dataclass
class FakeView:
    folder: Path
    step: int = 0
    images: int = 0
    target: int = 10_000
    seconds: float = 0.0
    images_per_second: float = 0.0
    seed: int = 0
    shape: Shape = (1, 8, 8)
    averaged: Game = field(default_factory=lambda: Painter(Painter.Spec(), (1, 8, 8), Condition()))
    batch: int = 64

    def sources(self, count: int) -> None:
        return None

    def passed(self, every: int) -> bool:
        return self.images // every > (self.images - self.batch) // every

    def advance(self, steps: int = 1) -> None:
        self.step += steps
        self.images += steps * self.batch
        self.seconds += 0.1 * steps
        self.images_per_second = 640.0

    def take_record(self, **scores: float) -> Record:
        return Record(
            step=self.step,
            images=self.images,
            seconds=self.seconds,
            images_per_second=self.images_per_second,
            memory_mb=500.0,
            losses={"discriminator": {"adversarial": 1.25, "R1": 0.07}, "generator": {"adversarial": 0.84}},
            observations={"score_real": 0.4, "score_fake": -0.3},
            scores=scores,
        )


@pytest.fixture
def view(tmp_path: Path) -> FakeView:
    return FakeView(tmp_path)


@pytest.fixture
def silent(tmp_path: Path) -> FakeView:
    """The view of a game that makes no samples."""
    return FakeView(tmp_path, averaged=Silent(Silent.Spec(), (1, 8, 8), Condition()))
