"""Lower bounds on divergences from a discriminator's loss, and the duality gap of a game."""

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
    """A lower bound on a divergence, estimated from held-out scores; the divergence is at most `largest`.

    In expectation `estimate` never exceeds the divergence, whatever the discriminator, and equals it for the optimal
    one. `standard_error` is the samples'. Scores of training samples overestimate.
    """

    divergence: str
    estimate: float
    standard_error: float
    largest: float

    def line(self) -> str:
        """Returns the bound as a line of text."""
        most = "" if self.largest == inf else f" (at most {self.largest:.6g})"
        return f"{self.divergence} ≥ {self.estimate:.6g} ± {self.standard_error:.2g}{most}"


def jensen_shannon_bound(real: ArrayLike, fake: ArrayLike) -> DivergenceBound:
    """Returns JS ≥ ln 2 - L/2, L = E softplus(-real) + E softplus(fake): what the original loss L implies.

    `real` and `fake` are logits (Goodfellow et al. 2014, theorem 1).

    Raises:
        ShapeError: one side has no scores.
        SpecError: a score is not finite.

    >>> jensen_shannon_bound([0.0, 0.0], [0.0, 0.0]).estimate
    0.0
    """
    on_real, on_fake = np.logaddexp(0, -_scores("real", real)), np.logaddexp(0, _scores("fake", fake))
    return _bound("JS", on_real, on_fake, log(2), -0.5, log(2))


def total_variation_bound(real: ArrayLike, fake: ArrayLike) -> DivergenceBound:
    """Returns TV ≥ 1 - L/2, L the hinge loss E max(0, 1 - real) + E max(0, 1 + fake); raises the same."""
    on_real, on_fake = np.maximum(0, 1 - _scores("real", real)), np.maximum(0, 1 + _scores("fake", fake))
    return _bound("TV", on_real, on_fake, 1.0, -0.5, 1.0)


def least_squares_bound(real: ArrayLike, fake: ArrayLike, a: float = -1.0, b: float = 1.0) -> DivergenceBound:
    """Returns Σ (p-q)²/(p+q) ≥ 2 - 8L/(b-a)², L = ½E(real - b)² + ½E(fake - a)², labels a ≠ b; raises the same."""
    if a == b:
        raise SpecError(f"a and b are both {a}; the labels of generated and real samples must differ")
    on_real, on_fake = (_scores("real", real) - b) ** 2 / 2, (_scores("fake", fake) - a) ** 2 / 2
    return _bound("triangular discrimination", on_real, on_fake, 2.0, -8 / (b - a) ** 2, 2.0)


def wasserstein_bound(real: ArrayLike, fake: ArrayLike, lipschitz: float = 1.0) -> DivergenceBound:
    """Returns W1 ≥ (E real - E fake)/K for a K-Lipschitz critic, K = `lipschitz` > 0; raises the same."""
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

    The two callables return best replies: exact ones (`FiniteGame`), or, for a trained game, copies of the players
    trained further on their own; the gap is then a lower bound. A reply worse than the played strategy is replaced
    by it, which keeps the gap nonnegative.
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


def _scores(name: str, values: ArrayLike) -> Vector:
    scores = np.asarray(values, np.float64).ravel()
    if not len(scores):
        raise ShapeError(f"{name} holds no scores; a bound needs some of both kinds")
    if not np.isfinite(scores).all():
        raise SpecError(f"{name} holds a score that is not finite; has the discriminator diverged?")
    return scores
