"""Games on finitely many points, solved exactly: minimax, maximin and the strategies that attain them."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from sparring.errors import ShapeError
from sparring.theory.distributions import Matrix, Vector, distribution, small_enough, stochastic
from sparring.theory.objectives import Objective, Original, Reply


class Generators(Protocol):
    """The set of distributions from which a generator chooses."""

    @property
    def strategies(self) -> Matrix:
        """The distributions, or the extreme points of their set, as rows [m, n]."""

    def first(self, reference: Vector, objective: Objective) -> Reply:
        """Returns the q that minimises max_D V(q, D), and that value."""


@dataclass(frozen=True, eq=False)
class Pure(Generators):
    """One of the rows of `rows` [m, n], no mixtures: a generator of limited capacity."""

    rows: ArrayLike

    @property
    def strategies(self) -> Matrix:
        return stochastic("generator", self.rows)

    def first(self, reference: Vector, objective: Objective) -> Reply:
        replies = [Reply(q, objective.reply(reference, q).value) for q in self.strategies]
        return min(replies, key=lambda reply: reply.value)


@dataclass(frozen=True, eq=False)
class Mixtures(Generators):
    """Any mixture of the rows of `rows` [m, n]: a convex set, for which the minimax theorem holds."""

    rows: ArrayLike

    @property
    def strategies(self) -> Matrix:
        return stochastic("generator", self.rows)

    def first(self, reference: Vector, objective: Objective) -> Reply:
        q = objective.nearest_mixture(reference, self.strategies) @ self.strategies
        q = q / q.sum()
        return Reply(q, objective.reply(reference, q).value)


def point_masses(count: int) -> Matrix:
    """Returns the distributions [count, count] with all mass on one point each."""
    return np.eye(count)


_ORIGINAL = Original()


@dataclass(frozen=True, eq=False)
class FiniteGame:
    """A game between a set of generators and a discriminator, over data with distribution `reference` [n].

    `FiniteGame.unrestricted(p)` is the game of 2014 on n points: any q against any D.
    """

    reference: ArrayLike
    generator: Generators
    objective: Objective = field(default_factory=Original)

    def __post_init__(self) -> None:
        """Raises `ShapeError` or `SpecError` if the parts do not fit, or are too large for an exact solution."""
        p, rows = distribution("reference", self.reference), self.generator.strategies
        if rows.shape[1] != len(p):
            raise ShapeError(
                f"generator has strategies on {rows.shape[1]} points, reference has {len(p)}; "
                "both must live on the same points, in the same order"
            )
        small_enough("reference", len(p))
        small_enough("generator", len(rows))

    @classmethod
    def unrestricted(cls, reference: ArrayLike, objective: Objective = _ORIGINAL) -> "FiniteGame":
        """Returns the game in which the generator may be any distribution on the points of `reference`."""
        return cls(reference, Mixtures(point_masses(np.size(reference))), objective)

    @property
    def p(self) -> Vector:
        """The data's distribution [n]."""
        return distribution("reference", self.reference)

    def value(self, q: ArrayLike, discriminator: ArrayLike) -> float:
        """Returns V(q, D); raises `ShapeError` or `SpecError` if either is not a strategy of this game."""
        generator = distribution("q", q)
        if len(generator) != len(self.p):
            raise ShapeError(f"q has {len(generator)} points, reference has {len(self.p)}; they must be the same")
        critic = self.objective.check(discriminator, len(self.p))
        return float(self.objective.payoffs(self.p, generator[None], critic)[0])

    def discriminator_reply(self, q: ArrayLike) -> Reply:
        """Returns max_D V(q, D) and a best D [n]."""
        return self.objective.reply(self.p, distribution("q", q))

    def generator_reply(self, discriminator: ArrayLike) -> Reply:
        """Returns min_q V(q, D) and a best q [n], the first of the strategies that attain it."""
        critic = self.objective.check(discriminator, len(self.p))
        payoffs = self.objective.payoffs(self.p, self.generator.strategies, critic)
        best = int(np.argmin(payoffs))
        return Reply(self.generator.strategies[best], float(payoffs[best]))

    def minimax(self) -> Reply:
        """Returns min_q max_D V, and the generator's q when it moves first."""
        return self.generator.first(self.p, self.objective)

    def maximin(self) -> Reply:
        """Returns max_D min_q V, and the discriminator's D when it moves first.

        V is linear in q: mixing strategies does not help the generator here.
        """
        return self.objective.maximin(self.p, self.generator.strategies)


@dataclass(frozen=True)
class Solution:
    """Both orders of moves: `minimax` (generator first, strategy `q`) and `maximin` (discriminator first)."""

    minimax: float
    maximin: float
    q: Vector
    discriminator: Vector

    @property
    def gap(self) -> float:
        """The value of moving second: 0 exactly where simultaneous moves have an equilibrium."""
        return self.minimax - self.maximin


def solve(game: FiniteGame) -> Solution:
    """Returns minimax and maximin of a game and strategies that attain them.

    With `Mixtures` the two agree (von Neumann 1928; Sion 1958), and their difference bounds the error of the
    solution; with `Pure` a gap means that no equilibrium in pure strategies exists.

    Raises:
        MissingExtraError: SciPy, which Lipschitz critics need, is not installed.
    """
    first, second = game.minimax(), game.maximin()
    return Solution(first.value, second.value, first.strategy, second.strategy)
