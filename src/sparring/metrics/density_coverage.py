"""Density and coverage: how many generated samples real neighbourhoods contain, and how many contain any."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import torch
from pydantic import PositiveInt
from torch import Tensor

from sparring.direction import ScoreDirection
from sparring.metrics.metric import Metric, MetricInputs, Need, Value, check_features
from sparring.metrics.precision_recall import share
from sparring.metrics.statistics.neighbours import Tile, check_neighbours, nearest_others, squared_distances


@dataclass(frozen=True)
class DensityCoverage:
    """Density with its standard error over the generated samples, given the real ones, and coverage.

    `expected_coverage` is the mean coverage of two sets of one distribution; the mean density is 1.
    """

    density: float
    density_error: float
    coverage: float
    expected_coverage: float

    def values(self, k: int) -> tuple[Value, Value]:
        """Returns both as a metric's values."""
        return (
            Value("density", self.density, self.density_error, f"k = {k}; over generated samples, given the real ones"),
            Value("coverage", self.coverage, how=f"k = {k}; {self.expected_coverage:.3f} is as good as real"),
        )


class Crowding:
    """Counts generated samples in real balls, from tiles of generated (rows) against real samples (columns).

    `radii` [N] are the squared radii of the real balls; `fakes` is the number of generated samples.
    """

    def __init__(self, radii: Tensor, fakes: int, k: int) -> None:
        self._radii, self._k = radii, k
        self._balls = torch.zeros(fakes, dtype=torch.float64, device=radii.device)
        self._nearest = torch.full_like(radii, torch.inf)

    def update(self, tile: Tile) -> None:
        """Adds a tile."""
        # Sums of float are vectorized, sums of bool are not: a quarter of the time.
        inside = torch.le(tile.squares, self._radii[tile.columns], out=torch.empty_like(tile.squares))
        self._balls[tile.rows] += inside.sum(1)
        self._nearest[tile.columns] = self._nearest[tile.columns].minimum(tile.squares.amin(0))

    def result(self) -> DensityCoverage:
        """Returns density and coverage of all tiles."""
        fakes, reals = len(self._balls), len(self._radii)
        densities = self._balls / self._k
        error = float(densities.std(correction=0)) / fakes**0.5
        coverage = share(self._nearest <= self._radii)
        return DensityCoverage(float(densities.mean()), error, coverage, expected_coverage(reals, fakes, self._k))


def density_coverage(real: Tensor, fake: Tensor, k: int = 5) -> DensityCoverage:
    """Returns density and coverage of features `real` [N, d] and `fake` [M, d] (Naeem et al. 2020).

    Around each real sample lies a ball that reaches to its k-th nearest other. Density is the mean count of balls
    that contain a generated sample, divided by k: 1 on average for two sets of one distribution (lemma 1), and
    above 1 if the generated samples concentrate in dense parts of the real ones. Coverage is the share
    of balls that contain a generated sample, at most 1 and `expected_coverage` on average. A ball's surface belongs to
    it: for a set against itself the k-th neighbours lie on it, and rounding decides.

    Raises:
        MetricError: k real samples or fewer, no generated ones, numbers are not finite, or d differs.

    >>> real, fake = torch.tensor([[0.0], [1.0], [3.0]]), torch.tensor([[0.5], [0.6]])
    >>> result = density_coverage(real, fake, k=1)
    >>> result.density, round(result.coverage, 3)
    (2.0, 0.667)
    """
    check_neighbours("density and coverage", k, real=real)
    check_features("density and coverage", 1, real=real, fake=fake)
    crowding = Crowding(nearest_others(real, k)[:, -1], len(fake), k)
    for tile in squared_distances(fake, real):
        crowding.update(tile)
    return crowding.result()


def expected_coverage(real: int, fake: int, k: int = 5) -> float:
    """Returns the mean coverage of `real` and `fake` samples of one distribution (Naeem et al. 2020, lemma 2).

    A real sample is not covered if its k nearest among all others are all real:
    1 - (N - 1) ⋯ (N - k) / ((N + M - 1) ⋯ (N + M - k)), for any distribution without ties.

    >>> round(expected_coverage(10_000, 10_000), 6)
    0.968773
    """
    return 1 - prod((real - i) / (real + fake - i) for i in range(1, k + 1))


class DC(Metric):
    """Density and coverage (Naeem et al. 2020)."""

    needs: ClassVar[frozenset[Need]] = frozenset({"features"})
    directions: ClassVar[dict[str, ScoreDirection]] = {"density": "higher", "coverage": "higher"}

    k: PositiveInt = 5

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns density and coverage."""
        return density_coverage(inputs.real.features, inputs.fake.features, self.k).values(self.k)
