"""Improved precision and recall: the samples in the other set's manifold, estimated by nearest-neighbour balls."""

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import torch
from pydantic import PositiveInt
from torch import Tensor

from sparring.direction import ScoreDirection
from sparring.metrics.metric import Metric, MetricInputs, Need, Value, check_features
from sparring.metrics.statistics.neighbours import Tile, check_neighbours, nearest_others, squared_distances


@dataclass(frozen=True)
class PrecisionRecall:
    """The shares of `generated` samples that look real, and of `real` samples that could have been generated."""

    precision: float
    recall: float
    generated: int
    real: int

    @property
    def precision_error(self) -> float:
        """The standard error of the precision, given the real samples: that of a share, √(p (1 - p) / M)."""
        return standard_error(self.precision, self.generated)

    @property
    def recall_error(self) -> float:
        """The standard error of the recall, given the generated samples: √(r (1 - r) / N)."""
        return standard_error(self.recall, self.real)

    def values(self, k: int) -> tuple[Value, Value]:
        """Returns both as a metric's values."""
        how = f"k = {k}; √(p (1 - p) / n) over {{}} samples, given the others"
        return (
            Value("precision", self.precision, self.precision_error, how.format(f"{self.generated} generated")),
            Value("recall", self.recall, self.recall_error, how.format(f"{self.real} real")),
        )


class Overlap:
    """Finds the samples in a ball of the other set, from tiles of generated (rows) against real samples (columns).

    `real_radii` [N] and `fake_radii` [M] are the balls' squared radii.
    """

    def __init__(self, real_radii: Tensor, fake_radii: Tensor) -> None:
        self._real_radii, self._fake_radii = real_radii, fake_radii
        # The least squared distance minus squared radius over all balls: a sample at 0 or below is inside one.
        self._fake_outside = torch.full_like(fake_radii, torch.inf)
        self._real_outside = torch.full_like(real_radii, torch.inf)

    def update(self, tile: Tile) -> None:
        """Adds a tile."""
        # A difference and its minimum need a tenth of the time of a comparison and `any`.
        to_real = (tile.squares - self._real_radii[tile.columns]).amin(1)
        to_fake = (tile.squares - self._fake_radii[tile.rows, None]).amin(0)
        self._fake_outside[tile.rows] = self._fake_outside[tile.rows].minimum(to_real)
        self._real_outside[tile.columns] = self._real_outside[tile.columns].minimum(to_fake)

    def result(self) -> PrecisionRecall:
        """Returns the shares of all tiles."""
        fake_inside, real_inside = self._fake_outside <= 0, self._real_outside <= 0
        return PrecisionRecall(share(fake_inside), share(real_inside), len(fake_inside), len(real_inside))


def precision_recall(real: Tensor, fake: Tensor, k: int = 3) -> PrecisionRecall:
    """Returns improved precision and recall of features `real` [N, d] and `fake` [M, d] (Kynkäänniemi et al. 2019).

    Around each sample of a set lies a ball that reaches to its k-th nearest other sample in the set; the union of
    the balls stands for where the set can lie (eq. 1). Precision is the share of generated samples in the real
    balls, recall the share of real samples in the generated balls (eq. 2); a ball's surface belongs to it.

    Values depend on k and on both counts: published ones have k = 3 and 50,000 of each; the counts may differ here.
    The large ball of an outlier can contain many others; density and coverage are more robust.

    Raises:
        MetricError: a set has k samples or fewer, numbers are not finite, or d differs.

    >>> real, fake = torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([[1.5], [1.6], [9.0]])
    >>> result = precision_recall(real, fake, k=1)
    >>> round(result.precision, 3), round(result.recall, 3)
    (0.667, 0.333)
    """
    check_neighbours("precision and recall", k, real=real, fake=fake)
    overlap = Overlap(nearest_others(real, k)[:, -1], nearest_others(fake, k)[:, -1])
    for tile in squared_distances(fake, real):
        overlap.update(tile)
    return overlap.result()


def realism(real: Tensor, fake: Tensor, k: int = 3) -> Tensor:
    """Returns how realistic each sample of `fake` [M, d] is, float64 [M] (Kynkäänniemi et al. 2019, eq. 3).

    R(y) = max_x r(x) / ‖y - x‖, with r(x) the distance from a real x to its k-th nearest other in `real` [N, d];
    only the half of the real samples with the smallest r count, since an outlier's ball says little. At 1 and above
    the sample lies in one of their balls; a copy of a real sample has infinity.

    Raises:
        MetricError: fewer than k + 1 real samples or no others, numbers are not finite, or d differs.
    """
    check_neighbours("realism", k, real=real)
    check_features("realism", 1, real=real, fake=fake)
    radii = nearest_others(real, k)[:, -1]
    trusted = radii <= radii.median()
    real, radii = real[trusted], radii[trusted]
    best = torch.zeros(len(fake), dtype=radii.dtype, device=fake.device)
    for tile in squared_distances(fake, real):
        ratios = torch.where(tile.squares > 0, radii[tile.columns] / tile.squares, torch.inf)
        best[tile.rows] = best[tile.rows].maximum(ratios.amax(1))
    return best.double().sqrt().cpu()


def share(inside: Tensor) -> float:
    """Returns the fraction of true values in `inside` [n]."""
    return int(inside.count_nonzero()) / len(inside)


def standard_error(share: float, count: int) -> float:
    """Returns the standard error of a share of `count` independent samples, √(p (1 - p) / n).

    A bootstrap over the samples converges to it.
    """
    return sqrt(share * (1 - share) / count)


class PR(Metric):
    """Improved precision and recall (Kynkäänniemi et al. 2019).

    The deviation of each is the standard error of a share over its own samples, given those of the other set,
    as of a bootstrap.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"features"})
    directions: ClassVar[dict[str, ScoreDirection]] = {"precision": "higher", "recall": "higher"}

    k: PositiveInt = 3

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns precision and recall."""
        return precision_recall(inputs.real.features, inputs.fake.features, self.k).values(self.k)
