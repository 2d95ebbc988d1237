"""Precision, recall, density and coverage from one pass over all distances."""

from typing import ClassVar

from pydantic import PositiveInt
from torch import Tensor

from sparring.direction import ScoreDirection
from sparring.metrics.density_coverage import Crowding, DensityCoverage
from sparring.metrics.metric import Metric, MetricInputs, Need, Value
from sparring.metrics.precision_recall import Overlap, PrecisionRecall
from sparring.metrics.statistics.neighbours import check_neighbours, nearest_others, squared_distances


def prdc(real: Tensor, fake: Tensor, k: int = 3, density_k: int = 5) -> tuple[PrecisionRecall, DensityCoverage]:
    """Returns `precision_recall` with `k` and `density_coverage` with `density_k`, in about half the time.

    Both share three passes over the distances: real to real, generated to generated and real to generated.

    Raises:
        MetricError: a set has too few samples, numbers are not finite, or d of `real` [N, d], `fake` [M, d] differs.
    """
    check_neighbours("precision and recall", k, real=real, fake=fake)
    check_neighbours("density and coverage", density_k, real=real)
    squares = nearest_others(real, max(k, density_k))
    overlap = Overlap(squares[:, k - 1], nearest_others(fake, k)[:, -1])
    crowding = Crowding(squares[:, density_k - 1], len(fake), density_k)
    for tile in squared_distances(fake, real):
        overlap.update(tile)
        crowding.update(tile)
    return overlap.result(), crowding.result()


class PRDC(Metric):
    """The values of `PR` and `DC`, in about half the time."""

    needs: ClassVar[frozenset[Need]] = frozenset({"features"})
    directions: ClassVar[dict[str, ScoreDirection]] = {
        "precision": "higher",
        "recall": "higher",
        "density": "higher",
        "coverage": "higher",
    }

    k: PositiveInt = 3
    density_k: PositiveInt = 5

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns precision, recall, density and coverage."""
        ours, theirs = prdc(inputs.real.features, inputs.fake.features, self.k, self.density_k)
        return (*ours.values(self.k), *theirs.values(self.density_k))
