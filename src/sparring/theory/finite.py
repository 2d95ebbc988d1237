"""Games on finitely many points, solved exactly: who moves first, what it is worth, and what stays an equilibrium."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from sparring.errors import ShapeError
from sparring.theory.distributions import Matrix, Vector, distribution, small_enough, stochastic
from sparring.theory.objectives import Objective, Original, Reply


class Generators(Protocol):
    """The distributions among which a generator may choose."""

    @property
    def strategies(self) -> Matrix:
        """Rows [m, n]: the extreme points, or all, of what it may choose."""

    def first(self, reference: Vector, objective: Objective) -> Reply:
        """Returns the q for which max_D V(q, D) is least, and that value."""


@dataclass(frozen=True, eq=False)
class Pure:
    """One of the rows of `rows` [m, n], nothing between them: a generator of limited capacity."""

    rows: ArrayLike

    @property
    def strategies(self) -> Matrix:
        return stochastic("generator", self.rows)

    def first(self, reference: Vector, objective: Objective) -> Reply:
        replies = [Reply(q, objective.reply(reference, q).value) for q in self.strategies]
        return min(replies, key=lambda reply: reply.value)


@dataclass(frozen=True, eq=False)
class Mixtures:
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
    """Returns the distributions [count, count] that each sit on one point."""
    return np.eye(count)


_ORIGINAL = Original()


@dataclass(frozen=True, eq=False)
class FiniteGame:
    """Data of distribution `reference` [n], the generators that may imitate it, and what is fought over.

    `FiniteGame.unrestricted(p)` is the game of 2014 on n points: any q against any D.
    """

    reference: ArrayLike
    generator: Generators
    objective: Objective = field(default_factory=Original)

    def __post_init__(self) -> None:
        """Raises `ShapeError` or `SpecError` where the game is not one, or is too large to be solved exactly."""
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
        """Returns V(q, D); raises `ShapeError` or `SpecError` where either may not be played."""
        played = distribution("q", q)
        if len(played) != len(self.p):
            raise ShapeError(f"q has {len(played)} points, reference has {len(self.p)}; they must be the same")
        judged = self.objective.check(discriminator, len(self.p))
        return float(self.objective.payoffs(self.p, played[None], judged)[0])

    def discriminator_reply(self, q: ArrayLike) -> Reply:
        """Returns max_D V(q, D) and a best D [n]."""
        return self.objective.reply(self.p, distribution("q", q))

    def generator_reply(self, discriminator: ArrayLike) -> Reply:
        """Returns min_q V(q, D) and a best q [n], the first of the strategies that attain it."""
        judged = self.objective.check(discriminator, len(self.p))
        payoffs = self.objective.payoffs(self.p, self.generator.strategies, judged)
        best = int(np.argmin(payoffs))
        return Reply(self.generator.strategies[best], float(payoffs[best]))

    def minimax(self) -> Reply:
        """Returns min_q max_D V, and the q that the generator plays when it must move first."""
        return self.generator.first(self.p, self.objective)

    def maximin(self) -> Reply:
        """Returns max_D min_q V, and the D that the discriminator plays when it must move first.

        V is linear in q, so that mixing strategies does not help the generator here.
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
        """What moving second is worth: 0 exactly where an equilibrium of simultaneous moves exists."""
        return self.minimax - self.maximin


def solve(game: FiniteGame) -> Solution:
    """Returns minimax and maximin of a game and strategies that attain them.

    With `Mixtures` the two agree (von Neumann 1928; Sion 1958), and their difference certifies how exactly the
    game was solved; with `Pure` a gap means that no equilibrium in pure strategies exists.

    Raises:
        MissingExtraError: a Lipschitz critic is found by SciPy, which is not installed.
    """
    first, second = game.minimax(), game.maximin()
    return Solution(first.value, second.value, first.strategy, second.strategy)
