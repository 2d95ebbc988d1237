"""Payoffs of finite games: the original logarithmic one, and a Lipschitz critic's difference."""

from dataclasses import dataclass
from math import log
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from sparring.errors import SpecError
from sparring.theory.distributions import (
    Matrix,
    Vector,
    decisions,
    distribution,
    distributions,
    metric,
    scores,
    small_enough,
)
from sparring.theory.divergences import jensen_shannon
from sparring.theory.programs import minimise_linear, nearest_mixture
from sparring.theory.transport import lipschitz_rows, transport


@dataclass(frozen=True)
class Reply:
    """A player's best reply: a strategy [n], and the value of the game under it."""

    strategy: Vector
    value: float


class Objective(Protocol):
    """A payoff V(q, D), linear in q and concave in D; the discriminator maximises it, the generator minimises it."""

    def check(self, discriminator: ArrayLike, count: int) -> Vector:
        """Returns `discriminator` as [count]; raises `ShapeError` or `SpecError` if it is not a strategy."""

    def payoffs(self, reference: Vector, strategies: Matrix, discriminator: Vector) -> Vector:
        """Returns V(q_i, D) [m] for each row q_i of `strategies` [m, n]."""

    def reply(self, reference: Vector, q: Vector) -> Reply:
        """Returns max_D V(q, D) and a D that attains it."""

    def nearest_mixture(self, reference: Vector, strategies: Matrix) -> Vector:
        """Returns weights [m] of the mixture q of `strategies` that minimises max_D V(q, D)."""

    def maximin(self, reference: Vector, strategies: Matrix) -> Reply:
        """Returns max_D min_i V(q_i, D) and a D that attains it."""


def optimal_discriminator(p: ArrayLike, q: ArrayLike) -> Vector:
    """Returns D* = p/(p + q) [n], and 1/2 where neither has mass (Goodfellow et al. 2014, proposition 1).

    Raises:
        ShapeError, SpecError: `p` or `q` is not a distribution, or their sizes differ.

    >>> optimal_discriminator([0.5, 0.5], [0.5, 0.5])
    array([0.5, 0.5])
    """
    p, q = distributions(p=p, q=q)
    support = p + q > 0
    return np.where(support, p, 0.5) / np.where(support, p + q, 1.0)


def value(p: ArrayLike, q: ArrayLike, discriminator: ArrayLike) -> float:
    """Returns V(q, D) = Σ p ln D + Σ q ln(1 - D), with 0 ln 0 = 0; -inf where D is certain and wrong.

    Raises:
        ShapeError, SpecError: not distributions, not probabilities, or their sizes differ.
    """
    p, q = distributions(p=p, q=q)
    return float(Original().payoffs(p, q[None], decisions("discriminator", discriminator, len(p)))[0])


@dataclass(frozen=True)
class Original(Objective):
    """V = E_p[ln D] + E_q[ln(1 - D)], D from the points to [0, 1] (Goodfellow et al. 2014, eq. 1)."""

    def check(self, discriminator: ArrayLike, count: int) -> Vector:
        return decisions("discriminator", discriminator, count)

    def payoffs(self, reference: Vector, strategies: Matrix, discriminator: Vector) -> Vector:
        with np.errstate(divide="ignore", invalid="ignore"):
            on_real = np.where(reference > 0, reference * np.log(discriminator), 0.0)
            on_fake = np.where(strategies > 0, strategies * np.log1p(-discriminator), 0.0)
        total: Vector = on_real.sum() + on_fake.sum(axis=1)
        return total

    def reply(self, reference: Vector, q: Vector) -> Reply:
        return Reply(optimal_discriminator(reference, q), 2 * jensen_shannon(reference, q) - log(4))

    def nearest_mixture(self, reference: Vector, strategies: Matrix) -> Vector:
        return nearest_mixture(reference, strategies)

    def maximin(self, reference: Vector, strategies: Matrix) -> Reply:
        """Returns the reply to the minimax mixture, which the minimax theorem makes optimal."""
        q = self.nearest_mixture(reference, strategies) @ strategies
        reply = optimal_discriminator(reference, q / q.sum())
        return Reply(reply, float(self.payoffs(reference, strategies, reply).min()))


@dataclass(frozen=True, eq=False)
class LipschitzCritic(Objective):
    """V = E_p[f] - E_q[f], f 1-Lipschitz under `distances` [n, n] (Arjovsky et al. 2017, eq. 2)."""

    distances: ArrayLike

    def ground(self, count: int) -> Matrix:
        """Returns the metric [count, count]; raises `ShapeError` or `SpecError` if it is none."""
        return metric("distances", self.distances, count)

    def check(self, discriminator: ArrayLike, count: int) -> Vector:
        """Returns the critic; raises `SpecError` if its Lipschitz constant exceeds 1."""
        critic = scores("discriminator", discriminator, count)
        rows, limit = lipschitz_rows(self.ground(count))
        if (rows @ critic > limit + 1e-9).any():
            raise SpecError("discriminator is steeper than 1 under the metric; divide it by its Lipschitz constant")
        return critic

    def payoffs(self, reference: Vector, strategies: Matrix, discriminator: Vector) -> Vector:
        total: Vector = reference @ discriminator - strategies @ discriminator
        return total

    def reply(self, reference: Vector, q: Vector) -> Reply:
        optimal = transport(reference, q, self.distances)
        return Reply(optimal.critic, optimal.cost)

    def nearest_mixture(self, reference: Vector, strategies: Matrix) -> Vector:
        """Solves a linear program over the plan [n, n] and the weights [m]: rows sum to p, columns to the mixture."""
        count, ground = len(reference), self.ground(len(reference))
        departing, arriving = np.kron(np.eye(count), np.ones(count)), np.kron(np.ones(count), np.eye(count))
        rows = np.block([[departing, np.zeros((count, len(strategies)))], [arriving, -strategies.T]])
        sums = np.concatenate([reference, np.zeros(count)])
        optimum = minimise_linear(np.append(ground.ravel(), np.zeros(len(strategies))), equal=(rows, sums))
        weights: Vector = optimum.point[count * count :]
        normalized: Vector = weights / weights.sum()
        return normalized

    def maximin(self, reference: Vector, strategies: Matrix) -> Reply:
        """Solves a linear program over the critic and the lower bound t of all strategies: t ≤ -q_i·f."""
        count = len(reference)
        steepness, limit = lipschitz_rows(self.ground(count))
        rows = np.block([[steepness, np.zeros((len(steepness), 1))], [strategies, np.ones((len(strategies), 1))]])
        limits = np.append(limit, np.zeros(len(strategies)))
        fixed = (np.eye(1, count + 1), np.zeros(1))
        optimum = minimise_linear(np.append(-reference, -1.0), (rows, limits), fixed, np.ones(count + 1, bool))
        return Reply(optimum.point[:count] + 0.0, 0.0 - optimum.value)  # no negative zeros


def generator_reply(discriminator: ArrayLike) -> Vector:
    """Returns the generator's best reply to D [n]: all mass on the points of the highest score, evenly.

    It minimises E_q[ln(1 - D)], and -E_q[D], over all distributions q, like any other mass on those points.

    >>> generator_reply([0.2, 0.7, 0.7])
    array([0. , 0.5, 0.5])
    """
    critic = scores("discriminator", discriminator, np.size(discriminator))
    small_enough("discriminator", len(critic), 10**6)
    best = (critic == critic.max()).astype(np.float64)
    return distribution("reply", best / best.sum())
