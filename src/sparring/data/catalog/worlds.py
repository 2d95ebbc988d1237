"""Toy worlds whose truth is known exactly: mixtures of Gaussians, and shapes that are hard to cover."""

from abc import abstractmethod
from math import pi
from typing import Literal

import numpy as np
import torch
from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from sparring.data.dataset import TrueModes
from sparring.data.points import Floats, Points
from sparring.data.source import Loading, Source
from sparring.errors import SpecError


class World(Source):
    """A distribution, of which `count` points, sampled with `seed`, are the training set."""

    mirror: Literal[False] = False
    count: PositiveInt = 100_000
    seed: NonNegativeInt = 0

    @abstractmethod
    def draw(self, count: int, random: np.random.Generator) -> Floats:
        """Returns `count` points [count, d] of the distribution itself."""

    def true_modes(self) -> TrueModes | None:
        """Returns the modes of a mixture; None of other distributions."""
        return None

    def load(self, loading: Loading = Loading()) -> Points:
        """Returns the training set; nothing is skipped, decoded or cached."""
        points = self.draw(self.count, np.random.default_rng(self.seed)).astype(np.float32)
        return Points(points, self.kind().lower(), self.true_modes())


class Mixture(World):
    """Gaussians of one `deviation` around `centers`, equally likely."""

    deviation: PositiveFloat = 0.05

    @abstractmethod
    def centers(self) -> Floats:
        """Returns the modes [M, d]."""

    def draw(self, count: int, random: np.random.Generator) -> Floats:
        centers = self.centers()
        chosen = centers[random.integers(len(centers), size=count)]
        return chosen + self.deviation * random.standard_normal(chosen.shape)

    def true_modes(self) -> TrueModes:
        return TrueModes(torch.from_numpy(self.centers()), self.deviation)


class Ring(Mixture):
    """`modes` Gaussians evenly on a circle: 8, radius 1, deviation 0.01 (Lin et al. 2018, PacGAN, table 1)."""

    deviation: PositiveFloat = 0.01
    modes: PositiveInt = 8
    radius: PositiveFloat = 1.0

    def centers(self) -> Floats:
        angles = 2 * pi * np.arange(self.modes) / self.modes
        return self.radius * np.stack((np.cos(angles), np.sin(angles)), 1)


class Grid(Mixture):
    """`side`² Gaussians on a square grid: 25 at {-4, -2, 0, 2, 4}², deviation 0.05 (Lin et al. 2018, table 1)."""

    side: PositiveInt = 5
    spacing: PositiveFloat = 2.0

    def centers(self) -> Floats:
        line = self.spacing * (np.arange(self.side) - (self.side - 1) / 2)
        return np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)


class Line(Mixture):
    """A mixture of Gaussians in one dimension, at `places`."""

    deviation: PositiveFloat = 0.2
    places: tuple[float, ...] = Field(default=(-2.0, 0.0, 2.0), min_length=1)

    def centers(self) -> Floats:
        return np.array(self.places)[:, None]


class SwissRoll(World):
    """A spiral of one and a half turns, as in Gulrajani et al. 2017 (figure 1), scaled to about ±2."""

    noise: NonNegativeFloat = 0.05

    def draw(self, count: int, random: np.random.Generator) -> Floats:
        angle = 1.5 * pi * (1 + 2 * random.random(count))
        spiral = np.stack((angle * np.cos(angle), angle * np.sin(angle)), 1) / 7.5
        return spiral + self.noise * random.standard_normal(spiral.shape)


class TwoMoons(World):
    """Two interleaving half circles of radius 1."""

    noise: NonNegativeFloat = 0.05

    def draw(self, count: int, random: np.random.Generator) -> Floats:
        angle, upper = pi * random.random(count), random.random(count) < 0.5
        across = np.where(upper, np.cos(angle), 1 - np.cos(angle)) - 0.5
        along = np.where(upper, np.sin(angle), 0.5 - np.sin(angle)) - 0.25
        return np.stack((across, along), 1) + self.noise * random.standard_normal((count, 2))


class Checkerboard(World):
    """Uniform on the black fields of a board of `side` x `side` fields, each of side 1, around the origin."""

    side: PositiveInt = 4

    def draw(self, count: int, random: np.random.Generator) -> Floats:
        if self.side < 2:
            raise SpecError("data.side: a board of one field has no pattern; needs at least 2")
        fields = np.argwhere(np.indices((self.side, self.side)).sum(0) % 2 == 0)
        return fields[random.integers(len(fields), size=count)] + random.random((count, 2)) - self.side / 2
