"""What a discriminator's loss says about how far apart data and generator are, and how far a game is from its end."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, log
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from sparring.errors import ShapeError, SpecError
from sparring.theory.distributions import Vector

G = TypeVar("G")
D = TypeVar("D")


@dataclass(frozen=True)
class DivergenceBound:
    """A lower bound on a divergence, read from held-out scores; `largest` is the most that the divergence can be.

    In expectation `estimate` never exceeds the divergence, whatever the discriminator, and it equals it where the
    discriminator is optimal. `standard_error` is that of the samples. Scores of the samples that the discriminator
    was trained on overestimate.
    """

    divergence: str
    estimate: float
    standard_error: float
    largest: float

    def line(self) -> str:
        """Returns the bound in words."""
        most = "" if self.largest == inf else f" (at most {self.largest:.6g})"
        return f"{self.divergence} ≥ {self.estimate:.6g} ± {self.standard_error:.2g}{most}"


def jensen_shannon_bound(real: ArrayLike, fake: ArrayLike) -> DivergenceBound:
    """Returns JS ≥ ln 2 - L/2, L = E softplus(-real) + E softplus(fake): what the original loss L implies.

    `real` and `fake` are logits (Goodfellow et al. 2014, theorem 1).

    Raises:
        ShapeError: no scores on a side.
        SpecError: a score is not finite.

    >>> jensen_shannon_bound([0.0, 0.0], [0.0, 0.0]).estimate
    0.0
    """
    one, two = _softplus(-_scores("real", real)), _softplus(_scores("fake", fake))
    return _bound("JS", one, two, log(2), -0.5, log(2))


def total_variation_bound(real: ArrayLike, fake: ArrayLike) -> DivergenceBound:
    """Returns TV ≥ 1 - L/2, L the hinge loss E max(0, 1 - real) + E max(0, 1 + fake); raises as above."""
    one, two = np.maximum(0, 1 - _scores("real", real)), np.maximum(0, 1 + _scores("fake", fake))
    return _bound("TV", one, two, 1.0, -0.5, 1.0)


def least_squares_bound(real: ArrayLike, fake: ArrayLike, a: float = -1.0, b: float = 1.0) -> DivergenceBound:
    """Returns Σ (p-q)²/(p+q) ≥ 2 - 8L/(b-a)², L = ½E(real - b)² + ½E(fake - a)², labels a ≠ b; raises as above."""
    if a == b:
        raise SpecError(f"a and b are both {a}; the labels of generated and real samples must differ")
    one, two = (_scores("real", real) - b) ** 2 / 2, (_scores("fake", fake) - a) ** 2 / 2
    return _bound("triangular discrimination", one, two, 2.0, -8 / (b - a) ** 2, 2.0)


def wasserstein_bound(real: ArrayLike, fake: ArrayLike, lipschitz: float = 1.0) -> DivergenceBound:
    """Returns W1 ≥ (E real - E fake)/K for a critic that is K-Lipschitz, K = `lipschitz` > 0; raises as above."""
    if not 0 < lipschitz < inf:
        raise SpecError(f"lipschitz is {lipschitz}; the critic's Lipschitz constant must be positive and finite")
    return _bound("W1", -_scores("real", real), _scores("fake", fake), 0.0, -1 / lipschitz, inf)


@dataclass(frozen=True)
class DualityGap:
    """`worst` = max_D V(G, D) and `best` = min_G V(G, D): around the played value, equal only at an equilibrium."""

    worst: float
    best: float

    @property
    def gap(self) -> float:
        """max_D V(G, D) - min_G V(G, D) ≥ 0; it bounds from above how far G is from the game's value."""
        return self.worst - self.best


def duality_gap(
    value: Callable[[G, D], float],
    generator: G,
    discriminator: D,
    best_generator: Callable[[D], G],
    best_discriminator: Callable[[G], D],
) -> DualityGap:
    """Returns the duality gap of a pair in any zero-sum game (Grnarova et al. 2019, eq. 2).

    The two callables return best replies: exact ones (`FiniteGame`), or for a trained game copies of the players
    trained on alone, in which case the gap is one from below. Replies that turn out worse than what is played
    are replaced by it, so that the gap is never negative.
    """
    played = value(generator, discriminator)
    worst = value(generator, best_discriminator(generator))
    best = value(best_generator(discriminator), discriminator)
    return DualityGap(max(worst, played), min(best, played))


def _bound(name: str, real: Vector, fake: Vector, offset: float, factor: float, largest: float) -> DivergenceBound:
    error = abs(factor) * float(np.sqrt(_variance_of_mean(real) + _variance_of_mean(fake)))
    return DivergenceBound(name, float(offset + factor * (real.mean() + fake.mean())), error, largest)


def _variance_of_mean(values: Vector) -> float:
    return float(values.var(ddof=1) / len(values)) if len(values) > 1 else inf


def _softplus(values: Vector) -> Vector:
    found: Vector = np.logaddexp(0, values)
    return found


def _scores(name: str, values: ArrayLike) -> Vector:
    found = np.asarray(values, np.float64).ravel()
    if not len(found):
        raise ShapeError(f"{name} holds no scores; a bound needs some of both kinds")
    if not np.isfinite(found).all():
        raise SpecError(f"{name} holds a score that is not finite; has the discriminator diverged?")
    return found
