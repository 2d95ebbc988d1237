"""Noise-contrastive estimation, the game's ancestor with fixed noise as the generator."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sparring.errors import ShapeError, SpecError
from sparring.theory.distributions import Matrix, Vector, distributions

Statistics = Callable[[Vector], Matrix]
"""Maps points [n] to the statistics [n, k] of an exponential family."""

LogDensity = Callable[[Vector], Vector]
"""Maps points [n] to a normalized log-density [n]."""


def optimal_logit(p: ArrayLike, q: ArrayLike, ratio: float = 1.0) -> Vector:
    """Returns ln(p/(ν q)) [n]: the optimal logit of a discriminator trained with ν = `ratio` noise samples a datum.

    σ of it is the posterior p/(p + νq) (Gutmann & Hyvärinen 2012, eq. 5). A discriminator trained on such
    unbalanced batches is shifted by `logit_shift(ratio)` = -ln ν from the balanced one. Infinite where only one of
    the two has mass.

    Raises:
        ShapeError, SpecError: not distributions of one size, a ratio that is not positive, or a point without any mass.

    >>> optimal_logit([0.5, 0.5], [0.5, 0.5], 1.0)
    array([0., 0.])
    """
    p, q = distributions(p=p, q=q)
    if (p + q == 0).any():
        raise SpecError("p and q both give a point no mass: the optimal logit is undefined there; leave the point out")
    with np.errstate(divide="ignore"):
        logit: Vector = np.log(p) - np.log(q) + logit_shift(ratio)
    return logit


def logit_shift(ratio: float) -> float:
    """Returns -ln ν, the shift of every optimal logit under ν generated samples a datum; raises `SpecError`."""
    if not 0 < ratio < np.inf:
        raise SpecError(f"ratio is {ratio}; noise samples a datum must be positive and finite")
    return 0.0 - float(np.log(ratio))


@dataclass(frozen=True)
class WeightedPoints:
    """Points [n] of the real line and their masses [n]: 1/n for a sample, density times spacing on a grid."""

    places: Vector
    masses: Vector

    def __post_init__(self) -> None:
        """Raises `ShapeError` or `SpecError` unless the masses are a distribution, one for each place."""
        distributions(masses=self.masses)
        if np.shape(self.places) != np.shape(self.masses):
            raise ShapeError(f"{np.size(self.places)} places and {np.size(self.masses)} masses; each place needs one")

    @classmethod
    def samples(cls, values: ArrayLike) -> "WeightedPoints":
        """Returns equally weighted samples."""
        places = np.asarray(values, np.float64).ravel()
        return cls(places, np.full(len(places), 1 / max(len(places), 1)))

    @classmethod
    def density(cls, log_density: LogDensity, low: float, high: float, count: int = 2001) -> "WeightedPoints":
        """Returns a grid with the masses of a density, normalized or not."""
        places = np.linspace(low, high, count)
        heights = np.exp(log_density(places))
        return cls(places, heights / heights.sum())


@dataclass(frozen=True)
class NoiseContrastiveFit:
    """The model ln p(x) = weights·t(x) + `log_constant`, fitted; `constant` estimates Z = 1/exp(log_constant)."""

    weights: Vector
    log_constant: float
    loss: float
    steps: int

    @property
    def constant(self) -> float:
        """The estimated normalizing constant ∫ exp(weights·t(x)) dx."""
        return float(np.exp(-self.log_constant))


def fit_noise_contrastive(
    statistics: Statistics,
    data: WeightedPoints,
    noise: WeightedPoints,
    log_noise: LogDensity,
    ratio: float = 1.0,
    steps: int = 100,
) -> NoiseContrastiveFit:
    """Fits an unnormalized exponential family with its normalizing constant as one more weight.

    Maximises J = E_p[ln σ(G)] + ν E_q[ln(1 - σ(G))], G(x) = w·t(x) + c - ln(ν q(x)): logistic regression
    of data against noise, whose optimum is p itself, c = -ln Z (Gutmann & Hyvärinen 2010, eqs. 2-4). J is
    concave; Newton's method maximises it.

    Args:
        statistics: t, from points [n] to [n, k].
        data, noise: samples or grids.
        log_noise: the noise's normalized log-density ln q.
        ratio: ν, noise samples a datum.
        steps: the most Newton steps.

    Raises:
        ShapeError, SpecError: bad masses or ratio, statistics of the wrong shape, or data and noise separated by a
            threshold, for which no weights are best.
    """
    places = np.concatenate([data.places, noise.places])
    features = np.column_stack([_checked(statistics(places), len(places)), np.ones(len(places))])
    offset = logit_shift(ratio) - log_noise(places)
    real = np.concatenate([data.masses, np.zeros(len(noise.masses))])
    fake = np.concatenate([np.zeros(len(data.masses)), ratio * noise.masses])
    weights = np.zeros(features.shape[1])
    loss = _loss(features @ weights + offset, real, fake)
    for step in range(1, steps + 1):
        posterior = np.exp(-np.logaddexp(0, -(features @ weights + offset)))  # σ of the logits
        gradient = features.T @ (fake * posterior - real * (1 - posterior))
        curvature = (features * ((real + fake) * posterior * (1 - posterior))[:, None]).T @ features
        change = np.linalg.lstsq(curvature, -gradient, rcond=None)[0]
        # halve the Newton step until the loss no longer rises by more than rounding
        length, highest = 1.0, loss * (1 + 1e-14)
        while (lower := _loss(features @ (weights + length * change) + offset, real, fake)) > highest and length > 1e-9:
            length /= 2
        weights, loss = weights + length * change, min(lower, loss)
        if loss < 1e-9 * min(1.0, ratio):  # perfectly separated: the weights grow without bound
            break
        if np.abs(length * change).max() < 1e-12 * (1 + np.abs(weights).max()) or length <= 1e-9:
            return NoiseContrastiveFit(weights[:-1], float(weights[-1]), loss, step)
    raise SpecError(
        f"noise: there are no best weights, or {steps} steps do not reach them; choose noise that covers the data, "
        "with no threshold between the two"
    )


def _checked(features: Matrix, count: int) -> Matrix:
    if np.ndim(features) != 2 or len(features) != count:
        raise ShapeError(f"statistics returned shape {list(np.shape(features))} for {count} points; it must be [n, k]")
    return features


def _loss(logits: Vector, real: Vector, fake: Vector) -> float:
    return float(real @ np.logaddexp(0, -logits) + fake @ np.logaddexp(0, logits))
