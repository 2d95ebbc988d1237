"""Noise-contrastive estimation: the game's ancestor, in which the generator is fixed noise."""

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
    """Returns ln(p/(ν q)) [n]: how a discriminator judges best that meets ν = `ratio` noise samples a datum.

    σ of it is the posterior p/(p + νq) (Gutmann & Hyvärinen 2012, eq. 5). A discriminator trained on such
    unbalanced batches is shifted by `shift(ratio)` = -ln ν from the balanced one. Infinite where one has no mass.

    Raises:
        ShapeError, SpecError: not distributions of one size, a ratio that is not positive, or a point without any mass.

    >>> optimal_logit([0.5, 0.5], [0.5, 0.5], 1.0)
    array([0., 0.])
    """
    p, q = distributions(p=p, q=q)
    if (p + q == 0).any():
        raise SpecError("p and q both give a point no mass: no sample shows what to say there; leave the point out")
    with np.errstate(divide="ignore"):
        found: Vector = np.log(p) - np.log(q) + shift(ratio)
    return found


def shift(ratio: float) -> float:
    """Returns -ln ν, by which ν generated samples a datum lower every optimal logit; raises as `optimal_logit` does."""
    if not 0 < ratio < np.inf:
        raise SpecError(f"ratio is {ratio}; noise samples a datum must be positive and finite")
    return 0.0 - float(np.log(ratio))


@dataclass(frozen=True)
class Points:
    """Points [n] of the real line and their masses [n]: 1/n for a sample, density times spacing on a grid."""

    places: Vector
    masses: Vector

    def __post_init__(self) -> None:
        """Raises `ShapeError` or `SpecError` unless the masses are a distribution on as many places."""
        distributions(masses=self.masses)
        if np.shape(self.places) != np.shape(self.masses):
            raise ShapeError(f"{np.size(self.places)} places and {np.size(self.masses)} masses; each place needs one")

    @classmethod
    def samples(cls, drawn: ArrayLike) -> "Points":
        """Returns equally weighted samples."""
        places = np.asarray(drawn, np.float64).ravel()
        return cls(places, np.full(len(places), 1 / max(len(places), 1)))

    @classmethod
    def density(cls, log_density: LogDensity, low: float, high: float, count: int = 2001) -> "Points":
        """Returns a grid that stands for a density, whether normalized or not."""
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


def estimate(
    statistics: Statistics, data: Points, noise: Points, log_noise: LogDensity, ratio: float = 1.0, steps: int = 100
) -> NoiseContrastiveFit:
    """Fits an unnormalized exponential family, its normalizing constant as one more weight.

    Maximises J = E_p[ln σ(G)] + ν E_q[ln(1 - σ(G))], G(x) = w·t(x) + c - ln(ν q(x)): logistic regression
    of data against noise, whose optimum is p itself, c = -ln Z (Gutmann & Hyvärinen 2010, eqs. 2-4). J is
    concave and is climbed by Newton's method.

    Args:
        statistics: t, from points [n] to [n, k].
        data, noise: samples or grids.
        log_noise: the noise's normalized log-density ln q.
        ratio: ν, noise samples a datum.
        steps: the most Newton steps.

    Raises:
        ShapeError, SpecError: bad masses or ratio, statistics of the wrong shape, or data and noise that a
            threshold separates, so that no weights are best.
    """
    places = np.concatenate([data.places, noise.places])
    features = np.column_stack([_checked(statistics(places), len(places)), np.ones(len(places))])
    offset = shift(ratio) - log_noise(places)
    real = np.concatenate([data.masses, np.zeros(len(noise.masses))])
    fake = np.concatenate([np.zeros(len(data.masses)), ratio * noise.masses])
    weights = np.zeros(features.shape[1])
    loss = _loss(features @ weights + offset, real, fake)
    for step in range(1, steps + 1):
        says = _sigmoid(features @ weights + offset)
        gradient = features.T @ (fake * says - real * (1 - says))
        curvature = (features * ((real + fake) * says * (1 - says))[:, None]).T @ features
        change = np.linalg.lstsq(curvature, -gradient, rcond=None)[0]
        length = 1.0
        while (lower := _loss(features @ (weights + length * change) + offset, real, fake)) > loss and length > 1e-9:
            length /= 2
        weights, loss = weights + length * change, min(lower, loss)
        if loss < 1e-9 * min(1.0, ratio):  # told apart entirely: the weights grow for ever
            break
        if np.abs(length * change).max() < 1e-12 * (1 + np.abs(weights).max()) or length <= 1e-9:
            return NoiseContrastiveFit(weights[:-1], float(weights[-1]), loss, step)
    raise SpecError(
        f"noise: there are no best weights, or {steps} steps do not reach them; choose noise that covers the data, "
        "so that no threshold separates the two"
    )


def _checked(found: Matrix, count: int) -> Matrix:
    if np.ndim(found) != 2 or len(found) != count:
        raise ShapeError(f"statistics returned shape {list(np.shape(found))} for {count} points; it must be [n, k]")
    return found


def _loss(logits: Vector, real: Vector, fake: Vector) -> float:
    return float(real @ np.logaddexp(0, -logits) + fake @ np.logaddexp(0, logits))


def _sigmoid(logits: Vector) -> Vector:
    found: Vector = np.exp(-np.logaddexp(0, -logits))
    return found
