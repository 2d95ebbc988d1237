"""The Fréchet distance between two sets of features: FID if the features are the original Inception's."""

import math
from typing import ClassVar

import torch
from torch import Tensor

from sparring.direction import ScoreDirection
from sparring.errors import MetricError
from sparring.metrics.metric import Metric, MetricInputs, Need, SampleStatistics, Value, check_features
from sparring.metrics.statistics.accumulators import Moments
from sparring.metrics.statistics.normal import TOLERANCE, Normal, squared_distance, sum_of_roots


def frechet_distance(one: Moments, other: Moments) -> float:
    """Returns the squared Fréchet distance of the normal distributions with these moments, of at least 2 samples each.

    d² = ‖m₁ - m₂‖² + tr(S₁ + S₂ - 2 (S₁ S₂)^½), with unbiased covariances (Heusel et al. 2017; StyleGAN2-ADA divides by
    N, which gives less by about a share 1 / N). `Normal.frechet_distance` states its accuracy, accepts
    published means and covariances, and is faster for many comparisons with one reference.

    With few samples the distance is too large, by about a constant / N: compare at equal counts (or see FDInfinity).

    Raises:
        MetricError: there are fewer than 2 samples, or their features differ in size.
    """
    return Normal.of(one).frechet_distance(Normal.of(other))


def frechet_distance_of_features(real: Tensor, fake: Tensor) -> float:
    """Returns `frechet_distance` of the distributions fitted to `real` [N, d] and `fake` [M, d], at least 2 of each.

    If neither set has more samples than features have dimensions, no covariance is formed: with deviations X and Y from
    the means, tr (S₁ S₂)^½ is the sum of the singular values of X Yᵀ [N, M] / √((N-1)(M-1)).

    Raises:
        MetricError: there are fewer than 2 samples, their features differ in size, or are not finite.

    >>> features = torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]])
    >>> frechet_distance_of_features(features, features + torch.tensor([3.0, 4.0]))
    25.0
    """
    check_features("frechet_distance", 2, real=real, fake=fake)
    if max(len(real), len(fake)) > real.shape[1]:
        return frechet_distance(*map(_moments, (real, fake)))
    real, fake = (rows.detach().cpu().double() for rows in (real, fake))
    one, other = ((rows - rows.mean(0)) / math.sqrt(len(rows) - 1) for rows in (real, fake))
    if len(one) > len(other):
        one, other = other, one
    product = one @ other.T
    traces = one.square().sum() + other.square().sum()
    rounding = torch.finfo(torch.float64).eps * product.norm() ** 2
    root = sum_of_roots(product @ product.T, len(one) - 1, rounding, TOLERANCE * traces, lambda: product)
    return squared_distance(real.mean(0) - fake.mean(0), traces, root)


class FD(Metric):
    """The Fréchet distance between the features of real and generated samples (Heusel et al. 2017).

    It depends on the backbone, on the resizing of images and on both sample counts: report them with it. The deviation
    is that of sampling the generator: a jackknife that leaves out one fold of generated samples at a time (Busing et
    al. 1999, for folds of different sizes); the real side is fixed.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"moments"})
    directions: ClassVar[dict[str, ScoreDirection]] = {"FD": "lower"}

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the distance, with a deviation if the generated samples have at least two folds."""
        real, whole = moments_of("FD", real=inputs.real), moments_of("FD", generated=inputs.fake)
        reference = Normal.of(real)
        distance = reference.frechet_distance(Normal.of(whole))
        folds = [fold for fold in inputs.fake.folds if fold.count]
        if len(folds) < 2 or any(whole.count - fold.count < 2 for fold in folds):
            return (Value("FD", distance),)
        left = [reference.frechet_distance(Normal.of(whole.without(fold))) for fold in folds]
        deviation = _jackknife(distance, left, [fold.count for fold in folds])
        return (Value("FD", distance, deviation, f"jackknife over {len(folds)} folds of the generated samples"),)


def moments_of(metric: str, **sets: SampleStatistics) -> Moments:
    """Returns the moments of the one named set; raises `MetricError` if it has fewer than 2 samples."""
    ((name, statistics),) = sets.items()
    moments = statistics.moments if statistics.folds else Moments()
    if moments.count < 2:
        raise MetricError(f"{metric}: {moments.count} {name} samples are too few; needs at least 2")
    return moments


def _moments(rows: Tensor) -> Moments:
    moments = Moments()
    moments.update(rows)
    return moments


def _jackknife(whole: float, left: list[float], counts: list[int]) -> float:
    """Returns the delete-a-group standard error of `whole`, from the values `left` without each group of `counts`."""
    values, ratios = torch.tensor(left, dtype=torch.float64), sum(counts) / torch.tensor(counts, dtype=torch.float64)
    pseudo = ratios * whole - (ratios - 1) * values
    estimate = (pseudo / ratios).sum()
    return float(((pseudo - estimate).square() / (ratios - 1)).mean().sqrt())
