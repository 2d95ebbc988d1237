"""The maximum mean discrepancy between two sets of samples, for any kernel, from all pairs."""

from collections.abc import Callable
from typing import ClassVar

import torch
from pydantic import PositiveFloat
from torch import Tensor

from sparring.direction import ScoreDirection
from sparring.errors import MetricError
from sparring.metrics.metric import Metric, MetricInputs, Need, Value, check_features

KernelFunction = Callable[[Tensor, Tensor], Tensor]
"""A kernel k: maps rows [n, d] and others [m, d] to k of all pairs [n, m], a new tensor."""

_ROWS, _COLUMNS = 256, 4096  # few rows: subsets of 1000 profit from symmetry; long ones use all cores
_FOR_MEDIAN = 1000
_LOWEST = -700.0  # exp of less is below float64's normal numbers, where it takes many times as long


def mmd(real: Tensor, fake: Tensor, kernel: KernelFunction) -> tuple[float, float]:
    """Returns the unbiased squared MMD between `real` [N, d] and `fake` [M, d], and its standard deviation.

    MMD² = E k(x, x') + E k(y, y') - 2 E k(x, y), over pairs of different samples (Gretton et al. 2012, eq. 3, with
    the two counts free): 0 on average between samples of one distribution, and often below.

    The deviation is that of two means of independent terms, h(x) = E k(x, x') - E k(x, y) over the real samples
    and the same over the generated ones: 2 √(var h / N + var g / M) (Hoeffding 1948). Between sets of one
    distribution, where the true first-order variance vanishes, it is too large, by a factor of up to √2.

    Blocks of pairs are computed in the samples' precision, at least float32, each pair of a set once, and summed in
    float64. Besides the sets, memory grows by one number per sample.

    Raises:
        MetricError: a set has fewer than 2 samples, numbers that are not finite, or a different d.

    >>> inner_product = lambda rows, others: rows @ others.T  # MMD² is then the squared distance of the means
    >>> mmd(torch.tensor([[0.0], [2.0]]), torch.tensor([[4.0], [6.0]]), inner_product)[0]
    14.0
    """
    check_features("MMD", 2, real=real, fake=fake)
    kind = torch.promote_types(torch.promote_types(real.dtype, fake.dtype), torch.float32)
    real, fake = (rows.detach().cpu().to(kind) for rows in (real, fake))
    across, back = _sums_across(real, fake, kernel)
    h = _sums_within(real, kernel) / (len(real) - 1) - across / len(fake)
    g = _sums_within(fake, kernel) / (len(fake) - 1) - back / len(real)
    return float(h.mean() + g.mean()), float(2 * (h.var() / len(real) + g.var() / len(fake)).sqrt())


def gaussian_kernel(bandwidth: float) -> KernelFunction:
    """Returns the kernel exp(-‖x - y‖² / 2h²), h the `bandwidth`, computed in float64.

    >>> gaussian_kernel(1.0)(torch.zeros(1, 1), torch.ones(1, 1)).item() == torch.tensor(-0.5, dtype=float).exp().item()
    True
    """
    if not bandwidth > 0:
        raise MetricError(f"a Gaussian kernel of bandwidth {bandwidth}; needs a number above 0")

    def kernel(rows: Tensor, others: Tensor) -> Tensor:
        # Centered: for points far from 0, distances from matrix products would be lost to rounding.
        center = others.double().mean(0)
        rows, others = rows.double() - center, others.double() - center
        squares = torch.addmm(others.square().sum(1), rows, others.T, alpha=-2).add_(rows.square().sum(1)[:, None])
        return squares.mul_(-0.5 / bandwidth**2).clamp_(_LOWEST, 0).exp_()

    return kernel


def median_distance(rows: Tensor, seed: int = 0) -> float:
    """Returns the median distance between two of `rows` [N, d], or of 1000 of them chosen by `seed` if N is larger.

    As the bandwidth of a Gaussian kernel this is the median heuristic (Gretton et al. 2012, section 8).
    """
    check_features("median distance", 2, rows=rows)
    chosen = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))[:_FOR_MEDIAN]
    return float(torch.pdist(rows.detach().cpu()[chosen].double()).median())


class MMD(Metric):
    """Squared MMD with a Gaussian kernel, unbiased (Gretton et al. 2012): for data without a backbone.

    The kernel is `bandwidth` times as wide as the median distance between two real samples. The width does not depend
    on the generated samples (the paper pools both sets): scores of generators are comparable.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"features"})
    directions: ClassVar[dict[str, ScoreDirection]] = {"MMD": "lower"}

    bandwidth: PositiveFloat = 1.0

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns MMD², with its deviation."""
        real, fake = inputs.real.features, inputs.fake.features
        check_features("MMD", 2, real=real, fake=fake)
        median = median_distance(real, inputs.seed)
        if median == 0:
            raise MetricError("MMD: most pairs of real samples are equal: their median distance, the bandwidth, is 0")
        width = self.bandwidth * median
        value, deviation = mmd(real, fake, gaussian_kernel(width))
        return (Value("MMD", value, deviation, f"squared, Gaussian kernel of width {width:.4g}, all pairs"),)


def _sums_within(points: Tensor, kernel: KernelFunction) -> Tensor:
    """Returns for each of `points` [N, d] the sum of the kernel over all others, float64 [N]."""
    sums = torch.zeros(len(points), dtype=torch.float64)
    for start in range(0, len(points), _ROWS):
        rows = points[start : start + _ROWS]
        for left in range(start, len(points), _COLUMNS):
            pairs = kernel(rows, points[left : left + _COLUMNS])
            counted = 0
            if left == start:  # the block starts with the pairs within `rows`, which appear twice
                pairs.fill_diagonal_(0)
                counted = len(rows)
            sums[start : start + _ROWS] += pairs.sum(1)
            sums[left + counted : left + _COLUMNS] += pairs[:, counted:].sum(0)
    return sums


def _sums_across(rows: Tensor, others: Tensor, kernel: KernelFunction) -> tuple[Tensor, Tensor]:
    """Returns sums of the kernel over `others` [M, d] for each of `rows` [N, d], float64 [N], and the reverse [M]."""
    sums, back = (torch.zeros(len(points), dtype=torch.float64) for points in (rows, others))
    for one, row_sums in zip(torch.split(rows, _ROWS), torch.split(sums, _ROWS), strict=True):
        for other, other_sums in zip(torch.split(others, _COLUMNS), torch.split(back, _COLUMNS), strict=True):
            pairs = kernel(one, other)
            row_sums += pairs.sum(1)
            other_sums += pairs.sum(0)
    return sums, back
