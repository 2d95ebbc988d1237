"""The Wasserstein distance of two sets in each dimension separately."""

from typing import ClassVar

import torch
from torch import Tensor

from sparring.direction import ScoreDirection
from sparring.metrics.metric import Metric, MetricInputs, Need, Value, check_features
from sparring.metrics.statistics.quantiles import transport_cost

_COLUMNS = 64  # at a time, so that memory does not grow with the dimensions


def marginal_wasserstein(real: Tensor, fake: Tensor) -> Tensor:
    """Returns the 1-Wasserstein distance of `real` [N, d] and `fake` [M, d] in each dimension, float64 [d].

    It is exact, also for unequal counts, in the unit of the dimension: the average distance that mass moves. Two
    samples of one distribution do not reach 0 but a distance that falls as 1/√N.

    Raises:
        MetricError: a set is empty, has numbers that are not finite, or a different d.

    >>> marginal_wasserstein(torch.tensor([[0.0, 5.0], [1.0, 5.0]]), torch.tensor([[3.0, 5.0]]))
    tensor([2.5000, 0.0000], dtype=torch.float64)
    """
    check_features("W1", 1, real=real, fake=fake)
    blocks = zip(torch.split(real.detach(), _COLUMNS, 1), torch.split(fake.detach(), _COLUMNS, 1), strict=True)
    return torch.cat([transport_cost(_sorted(one), _sorted(other), power=1) for one, other in blocks])


class W1(Metric):
    """1-Wasserstein distances of single dimensions, their mean and maximum: for vectors with meaningful axes.

    It ignores dependence between dimensions; `MMD` does not.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"features"})
    directions: ClassVar[dict[str, ScoreDirection]] = {"W1": "lower", "W1-max": "lower"}

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the mean and the maximum over dimensions."""
        distances = marginal_wasserstein(inputs.real.features, inputs.fake.features)
        worst = int(distances.argmax())
        return (
            Value("W1", float(distances.mean()), how=f"mean of {len(distances)} dimensions"),
            Value("W1-max", float(distances[worst]), how=f"dimension {worst}, counted from 0"),
        )


def _sorted(columns: Tensor) -> Tensor:
    return columns.cpu().double().sort(dim=0).values
