"""Density and coverage: how crowded real neighbourhoods are with generated samples, and how many have one at all."""

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
    """Density with its standard error over the generated samples, the real ones being given, and coverage.

    `expected_coverage` is the mean of coverage where both sets come from one distribution; that of density is 1.
    """

    density: float
    density_error: float
    coverage: float
    expected_coverage: float

    def values(self, k: int) -> tuple[Value, Value]:
        """Returns both as a metric's values."""
        return (
            Value("density", self.density, self.density_error, f"k = {k}; over generated samples, the real ones given"),
            Value("coverage", self.coverage, how=f"k = {k}; {self.expected_coverage:.3f} is as good as real"),
        )


class Crowding:
    """Takes tiles of generated (rows) against real samples (columns), and counts who is in whose real ball.

    `radii` [N] are the squared radii of the real balls; `fakes` is the count of generated samples.
    """

    def __init__(self, radii: Tensor, fakes: int, k: int) -> None:
        self._radii, self._k = radii, k
        self._balls = torch.zeros(fakes, dtype=torch.float64, device=radii.device)
        self._nearest = torch.full_like(radii, torch.inf)

    def update(self, tile: Tile) -> None:
        """Takes a tile."""
        # Sums of float are vectorized, sums of bool are not: a quarter of the time.
        inside = torch.le(tile.squares, self._radii[tile.columns], out=torch.empty_like(tile.squares))
        self._balls[tile.rows] += inside.sum(1)
        self._nearest[tile.columns] = self._nearest[tile.columns].minimum(tile.squares.amin(0))

    def result(self) -> DensityCoverage:
        """Returns density and coverage, once all tiles have come."""
        fakes, reals = len(self._balls), len(self._radii)
        densities = self._balls / self._k
        error = float(densities.std(correction=0)) / fakes**0.5
        coverage = share(self._nearest <= self._radii)
        return DensityCoverage(float(densities.mean()), error, coverage, expected_coverage(reals, fakes, self._k))


def density_coverage(real: Tensor, fake: Tensor, k: int = 5) -> DensityCoverage:
    """Returns density and coverage of features `real` [N, d] and `fake` [M, d] (Naeem et al. 2020).

    Around each real sample lies a ball that reaches to its k-th nearest other. Density is the mean count of balls
    in which a generated sample lies, divided by k: 1 on average where both sets come from one distribution
    (lemma 1), and above 1 where the generated samples crowd in dense parts of the real ones. Coverage is the share
    of balls that hold a generated sample, at most 1 and `expected_coverage` on average. A ball's surface belongs to
    it: of a set against itself the k-th neighbours lie on it, and rounding decides.

    Raises:
        MetricError: k real samples or fewer, no generated ones, numbers are not finite, or d differs.

    >>> real, fake = torch.tensor([[0.0], [1.0], [3.0]]), torch.tensor([[0.5], [0.6]])
    >>> found = density_coverage(real, fake, k=1)
    >>> found.density, round(found.coverage, 3)
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

    A real sample is not covered where its k nearest among all others are all real:
    1 - (N - 1) ⋯ (N - k) / ((N + M - 1) ⋯ (N + M - k)), whatever the distribution, as long as it has no ties.

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
