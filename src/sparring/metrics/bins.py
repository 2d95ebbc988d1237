"""NDB: bins of feature space with too many or too few generated samples."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from sparring.direction import ScoreDirection
from sparring.errors import MetricError
from sparring.metrics.metric import Metric, MetricInputs, Need, Value, check_features
from sparring.metrics.statistics.k_means import k_means
from sparring.metrics.statistics.neighbours import nearest_neighbour

SIGNIFICANCE = 0.05
"""Rate of false alarms: bins with equal shares that are called different (Richardson & Weiss 2018)."""

_FULL = 10
"""Least average samples per bin of either set, for approximately normal shares."""


@dataclass(frozen=True)
class Bins:
    """Counts of each set's samples per bin, int64 [K], and the bins' `centers` [K, d]."""

    real: Tensor
    fake: Tensor
    centers: Tensor

    @property
    def excess(self) -> Tensor:
        """The standard errors by which each bin's generated share exceeds the real one, float64 [K].

        This is the statistic of the two-proportion test, z = (q - p) / √(s (1 - s) (1/N + 1/M)), with s the bin's
        share of both sets together.
        """
        reals, fakes = int(self.real.sum()), int(self.fake.sum())
        pooled = (self.real + self.fake).double() / (reals + fakes)
        error = (pooled * (1 - pooled) * (1 / reals + 1 / fakes)).sqrt()
        difference = self.fake.double() / fakes - self.real.double() / reals
        return torch.where(error > 0, difference / error, 0.0)

    @property
    def different(self) -> Tensor:
        """Whether each bin's shares differ at the 5 % level, two-sided, bool [K]."""
        return self.excess.abs() > NormalDist().inv_cdf(1 - SIGNIFICANCE / 2)

    @property
    def divergence(self) -> float:
        """The Jensen-Shannon divergence between the sets' shares of bins, in nats: 0 to ln 2."""
        p, q = self.real.double() / self.real.sum(), self.fake.double() / self.fake.sum()
        middle = (p + q) / 2
        surprise = torch.xlogy(p, p) + torch.xlogy(q, q) - 2 * torch.xlogy(middle, middle)
        return max(float(surprise.sum()) / 2, 0.0)


def fill_bins(real: Tensor, fake: Tensor, bins: int = 100, seed: int = 0) -> Bins:
    """Returns the counts per bin of one half of `real` [2N, d] and of `fake` [M, d] (Richardson & Weiss 2018).

    A bin is the cell of a k-means center. One half of the real samples, chosen by `seed`, determines the centers, and
    the other half is counted: real and generated samples are then treated alike. For two sets of one distribution, a
    bin differs in 5 % of all cases, and the divergence is about (K - 1) (1/N + 1/M) / 8, with N the counted real
    samples. The paper counts the samples that determined the centers; in many dimensions those are so much nearer to
    them than new ones that even real samples fail. The paper's features are pixels.

    Raises:
        MetricError: fewer than 2 bins, or than 20 real or 10 generated samples per bin; not finite, or different d.
    """
    if bins < 2:
        raise MetricError(f"NDB: got {bins} bins; needs at least 2")
    check_features(f"NDB with {bins} bins", 2 * _FULL * bins, real=real)
    check_features(f"NDB with {bins} bins", _FULL * bins, fake=fake, real=real)
    order = torch.randperm(len(real), generator=torch.Generator().manual_seed(seed)).to(real.device)
    fitted, counted = real[order].tensor_split(2)
    centers = k_means(fitted, bins, seed)
    counts = [
        torch.bincount(nearest_neighbour(samples, centers)[1], minlength=bins).cpu() for samples in (counted, fake)
    ]
    return Bins(counts[0], counts[1], centers)


class NDB(Metric):
    """The share of bins with too many or too few generated samples (Richardson & Weiss 2018), and a divergence.

    `NDB` is their NDB / K, on features instead of pixels and without its bias (see `fill_bins`): the share of `bins`
    that differ at the 5 % level. It grows with the sample count, as the test gains power: compare at equal counts.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"features"})
    directions: ClassVar[dict[str, ScoreDirection]] = {"NDB": "lower", "NDB-JS": "lower"}

    bins: int = Field(100, ge=2)

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns NDB / K and the Jensen-Shannon divergence."""
        result = fill_bins(inputs.real.features, inputs.fake.features, self.bins, inputs.seed)
        different = int(result.different.count_nonzero())
        return (
            Value("NDB", different / self.bins, how=f"{different} of {self.bins} bins; chance makes 5 %"),
            Value("NDB-JS", result.divergence, how=f"nats, over {self.bins} bins"),
        )
