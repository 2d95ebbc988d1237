"""FID∞: the Fréchet distance extrapolated to infinitely many generated samples."""

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from sparring.direction import ScoreDirection
from sparring.errors import MetricError
from sparring.metrics.frechet import moments_of
from sparring.metrics.metric import Metric, MetricInputs, Need, Value, check_features
from sparring.metrics.statistics.accumulators import Moments
from sparring.metrics.statistics.normal import Normal

_BLOCK = 8192


@dataclass(frozen=True)
class ExtrapolatedDistance:
    """The least-squares line of distances over 1/N, N of `counts`: its `value` at 0 and the standard `error`."""

    value: float
    error: float
    counts: tuple[int, ...]
    distances: tuple[float, ...]


def frechet_infinity(
    real: Normal, fake: Tensor, points: int = 15, smallest: float = 0.1, seed: int = 0
) -> ExtrapolatedDistance:
    """Returns the Fréchet distance between `real` and `fake` [N, d] as its count of samples goes to infinity.

    The distance of N samples is too large by about a constant / N that depends on the generator: ranks may change with
    N. Distances of `points` random subsets of evenly spaced counts, the last of all samples, are fitted by a line over
    1/N, which is evaluated at 0 (Chong & Forsyth 2020, section 3; 15 points from 5,000 to 50,000 samples). Their
    latents are a Sobol sequence; here the samples are independent. Only the generated side is extrapolated. With few
    samples relative to d the distances leave the line, and the value is too low: no subset is smaller than 2d, and
    several times that is better.

    `error` is the standard error of the least-squares intercept. As published, subsets share samples: it measures how
    linear the points are, and underestimates the variation between samples.

    Args:
        real: the reference; its factor is computed once for all points.
        fake: features of the generated samples, in any order.
        points: subsets; at least 3.
        smallest: the smallest count, as a fraction of all samples; 2d if that is more.
        seed: for the subsets.

    Raises:
        MetricError: too few samples for so many different counts, or features that are not finite.
    """
    check_features("FDInfinity", 2, generated=fake)
    least = max(smallest * len(fake), 2.0 * fake.shape[1])
    counts = torch.linspace(least, len(fake), points).round().long().tolist()
    if points < 3 or least >= len(fake) or len(set(counts)) < points:
        raise MetricError(
            f"FDInfinity: {points} subsets of {least:.0f} to {len(fake)} samples; needs at least 3, of different "
            f"counts, none of fewer than 2 · {fake.shape[1]} samples: generate more, or choose FD"
        )
    random = torch.Generator().manual_seed(seed)
    subsets = (torch.randperm(len(fake), generator=random)[:count] for count in counts)
    distances = [real.frechet_distance(_fitted(fake, chosen)) for chosen in subsets]
    value, error = _intercept([1 / count for count in counts], distances)
    return ExtrapolatedDistance(value, error, tuple(counts), tuple(distances))


class FDInfinity(Metric):
    """The Fréchet distance extrapolated to infinitely many generated samples (FID∞, Chong & Forsyth 2020).

    Its deviation is the standard error of the line's intercept; see `frechet_infinity` for what it omits. It
    costs `points` Fréchet distances.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"moments", "features"})
    directions: ClassVar[dict[str, ScoreDirection]] = {"FDInfinity": "lower"}

    points: Annotated[int, Field(ge=3)] = 15
    smallest: Annotated[float, Field(gt=0, lt=1)] = 0.1

    @property
    def reference_needs(self) -> frozenset[Need]:
        """The moments: the real side is not subsampled."""
        return frozenset({"moments"})

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the intercept and its standard error."""
        real = Normal.of(moments_of("FDInfinity", real=inputs.real))
        fit = frechet_infinity(real, inputs.fake.features, self.points, self.smallest, inputs.seed)
        how = f"standard error of the intercept, {self.points} subsets of {fit.counts[0]} to {fit.counts[-1]}"
        return (Value("FDInfinity", fit.value, fit.error, how),)


def _fitted(features: Tensor, chosen: Tensor) -> Normal:
    moments = Moments()
    for block in torch.split(chosen, _BLOCK):
        moments.update(features[block])
    return Normal.of(moments)


def _intercept(inverses: list[float], distances: list[float]) -> tuple[float, float]:
    """Returns the intercept of the least-squares line and its standard error."""
    x, y = torch.tensor([inverses, distances], dtype=torch.float64)
    spread = (x - x.mean()).square().sum()
    slope = ((x - x.mean()) * y).sum() / spread
    intercept = y.mean() - slope * x.mean()
    variance = (y - intercept - slope * x).square().sum() / (len(x) - 2)
    return float(intercept), math.sqrt(float(variance * (1 / len(x) + x.mean().square() / spread)))
