"""The kernel distance between two sets of features: KID if they are the Inception network's."""

from typing import ClassVar

import torch
from pydantic import Field, PositiveInt
from torch import Tensor

from sparring.direction import ScoreDirection
from sparring.errors import MetricError
from sparring.metrics.metric import Metric, MetricInputs, Need, Value, check_features
from sparring.metrics.statistics.mmd import mmd


def cubic(rows: Tensor, others: Tensor) -> Tensor:
    """Returns the kernel (x·y / d + 1)³ [n, m] of all pairs of `rows` [n, d] and `others` [m, d]."""
    return torch.addmm(rows.new_ones(()), rows, others.T, alpha=1 / rows.shape[1]).pow_(3)


def kernel_distance(real: Tensor, fake: Tensor) -> tuple[float, float]:
    """Returns the squared MMD with the cubic kernel over all pairs of `real` [N, d] and `fake` [M, d], unbiased.

    The published mean over subsets estimates this value with less information (Bińkowski et al. 2018,
    section 4). The second number is its standard deviation; see `mmd`.

    With float32 features the error is within 1e-8 of the kernel's mean, which is near 1; float64 ones are not rounded.

    Raises:
        MetricError: a set has fewer than 2 samples, numbers that are not finite, or a different d.

    >>> kernel_distance(torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([[1.0, 1.0], [0.0, 0.0]]))[0]
    -2.375
    """
    check_features("KID", 2, real=real, fake=fake)
    return mmd(real, fake, cubic)


def kernel_distance_over_subsets(
    real: Tensor, fake: Tensor, subsets: int = 100, size: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """Returns mean and standard deviation of the kernel distance over `subsets` of `size` samples of each set.

    This is the published form (Bińkowski et al. 2018). Each subset is sampled without replacement from `real`
    [N, d] and `fake` [M, d]; a sample may be in several subsets. The deviation, divided by the count of subsets as
    published, is that between subsets, not the mean's.

    Raises:
        MetricError: a set is smaller than a subset, or a subset than 2; numbers are not finite, or d differs.
    """
    check_features("KID", 2, real=real, fake=fake)
    if subsets < 1 or not 2 <= size <= min(len(real), len(fake)):
        raise MetricError(
            f"KID: {subsets} subsets of {size} from {len(real)} real and {len(fake)} generated samples; "
            "needs at least one, of 2 to as many as the smaller set has"
        )
    random = torch.Generator().manual_seed(seed)

    def draw(rows: Tensor) -> Tensor:
        return rows[torch.randperm(len(rows), generator=random)[:size].to(rows.device)]

    distances = [kernel_distance(draw(real), draw(fake))[0] for _ in range(subsets)]
    values = torch.tensor(distances, dtype=torch.float64)
    return float(values.mean()), float(values.std(correction=0))


class KID(Metric):
    """The kernel distance, as published over random subsets of the samples (Bińkowski et al. 2018).

    If a set has fewer than `size` samples, subsets have the size of the smaller set. If neither has more, equal subsets
    would have deviation 0, and all pairs are used instead, with the deviation estimated from them. The value is always
    unbiased: unlike FID, it does not depend on the sample count.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"features"})
    directions: ClassVar[dict[str, ScoreDirection]] = {"KID": "lower"}

    subsets: PositiveInt = 100
    size: int = Field(1000, ge=2)

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the distance, with the deviation between subsets."""
        real, fake = inputs.real.features, inputs.fake.features
        if max(len(real), len(fake)) <= self.size:
            value, deviation = kernel_distance(real, fake)
            return (Value("KID", value, deviation, f"all pairs of {len(real)} real and {len(fake)} generated"),)
        size = min(self.size, len(real), len(fake))
        value, deviation = kernel_distance_over_subsets(real, fake, self.subsets, size, inputs.seed)
        fewer = "" if size == self.size else f" instead of {self.size}"
        return (Value("KID", value, deviation, f"{self.subsets} subsets of {size}{fewer}"),)
