"""Bins of feature space that hold too many or too few generated samples."""

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
"""How often a bin that is as full as it should be is called different (Richardson & Weiss 2018)."""

_FULL = 10
"""Samples of either set to a bin, on average, for the shares to be about normal."""


@dataclass(frozen=True)
class Bins:
    """How many samples of each set lie in each bin, int64 [K], and the bins' `centers` [K, d]."""

    real: Tensor
    fake: Tensor
    centers: Tensor

    @property
    def excess(self) -> Tensor:
        """By how many standard errors each bin's share of the generated samples is above the real one's, float64 [K].

        It is the statistic of the two-proportion test, z = (q - p) / √(s (1 - s) (1/N + 1/M)), with s the bin's
        share of both sets together.
        """
        reals, fakes = int(self.real.sum()), int(self.fake.sum())
        pooled = (self.real + self.fake).double() / (reals + fakes)
        error = (pooled * (1 - pooled) * (1 / reals + 1 / fakes)).sqrt()
        difference = self.fake.double() / fakes - self.real.double() / reals
        return torch.where(error > 0, difference / error, 0.0)

    @property
    def different(self) -> Tensor:
        """Which bins' shares differ at the 5 % level, two-sided, bool [K]."""
        return self.excess.abs() > NormalDist().inv_cdf(1 - SIGNIFICANCE / 2)

    @property
    def divergence(self) -> float:
        """The Jensen-Shannon divergence between the sets' shares of bins, in nats: 0 to ln 2."""
        p, q = self.real.double() / self.real.sum(), self.fake.double() / self.fake.sum()
        middle = (p + q) / 2
        surprise = torch.xlogy(p, p) + torch.xlogy(q, q) - 2 * torch.xlogy(middle, middle)
        return max(float(surprise.sum()) / 2, 0.0)


def fill_bins(real: Tensor, fake: Tensor, bins: int = 100, seed: int = 0) -> Bins:
    """Returns how a half of `real` [2N, d] and `fake` [M, d] fall into `bins` (Richardson & Weiss 2018).

    A bin is all that is nearest to one of the centers of k-means. One half of the real samples, drawn with `seed`,
    makes the centers and the other half fills the bins, so that real and generated samples come to them alike: where
    both are of one distribution, a bin differs in 5 % of all cases, and the divergence is about
    (K - 1) (1/N + 1/M) / 8, with N what was counted. The paper counts the samples that made the centers; in many
    dimensions those are so much nearer to them than new ones that even real samples fail. Its features are pixels;
    here they are what is given.

    Raises:
        MetricError: fewer than 2 bins, than 20 real or 10 generated samples to a bin; numbers not finite, another d.
    """
    if bins < 2:
        raise MetricError(f"NDB: got {bins} bins; needs at least 2")
    check_features(f"NDB with {bins} bins", 2 * _FULL * bins, real=real)
    check_features(f"NDB with {bins} bins", _FULL * bins, fake=fake, real=real)
    order = torch.randperm(len(real), generator=torch.Generator().manual_seed(seed)).to(real.device)
    makers, counted = real[order].tensor_split(2)
    centers = k_means(makers, bins, seed)
    filled = [
        torch.bincount(nearest_neighbour(samples, centers)[1], minlength=bins).cpu() for samples in (counted, fake)
    ]
    return Bins(filled[0], filled[1], centers)


class NDB(Metric):
    """The share of bins that hold too many or too few generated samples (Richardson & Weiss 2018), and a divergence.

    `NDB` is their NDB / K, on features instead of pixels and without its bias (see `fill_bins`): the part of `bins`
    that differ at the 5 % level. It grows with the count of samples, as any test finds more of a difference in more
    of them: compare at equal counts.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"features"})
    directions: ClassVar[dict[str, ScoreDirection]] = {"NDB": "lower", "NDB-JS": "lower"}

    bins: int = Field(100, ge=2)

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns NDB / K and the Jensen-Shannon divergence."""
        found = fill_bins(inputs.real.features, inputs.fake.features, self.bins, inputs.seed)
        different = int(found.different.count_nonzero())
        return (
            Value("NDB", different / self.bins, how=f"{different} of {self.bins} bins; chance makes 5 %"),
            Value("NDB-JS", found.divergence, how=f"nats, over {self.bins} bins"),
        )
