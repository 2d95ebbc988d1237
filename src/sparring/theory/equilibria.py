"""Tests whether a pair of strategies is an equilibrium, in three senses, and what deviating would pay."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sparring.theory.distributions import Vector
from sparring.theory.finite import FiniteGame


@dataclass(frozen=True)
class Deviation:
    """A player's gain from playing `strategy` instead, in units of V; 0 if it already plays a best reply."""

    player: str
    gain: float
    strategy: Vector


@dataclass(frozen=True)
class Verdict:
    """Whether a pair is an equilibrium under `notion`, up to `tolerance`, and each player's best deviation."""

    notion: str
    generator: Deviation
    discriminator: Deviation
    tolerance: float

    @property
    def holds(self) -> bool:
        """Whether no deviation pays more than the tolerance."""
        return max(self.generator.gain, self.discriminator.gain) <= self.tolerance

    def lines(self) -> list[str]:
        """Returns the verdict as text, one line for each deviation that pays."""
        if self.holds:
            return [f"{self.notion}: an equilibrium"]
        return [
            f"{self.notion}: no equilibrium; the {deviation.player} gains {deviation.gain:.10g} by playing "
            f"{np.array2string(deviation.strategy, precision=6, separator=', ')}"
            for deviation in (self.generator, self.discriminator)
            if deviation.gain > self.tolerance
        ]


def simultaneous(game: FiniteGame, q: ArrayLike, discriminator: ArrayLike, tolerance: float = 1e-9) -> Verdict:
    """Tests (q, D) for a Nash equilibrium: each plays a best reply to the other.

    Raises:
        ShapeError, SpecError: `q` is not a distribution on the game's points, or `discriminator` is not a strategy.
    """
    return Verdict(
        "simultaneous",
        _generator_deviation(game, q, discriminator),
        _discriminator_deviation(game, q, discriminator),
        tolerance,
    )


def generator_first(game: FiniteGame, q: ArrayLike, discriminator: ArrayLike, tolerance: float = 1e-9) -> Verdict:
    """Tests (q, D) for a Stackelberg equilibrium led by the generator: D replies best, and q anticipates it.

    This is the min-max of Goodfellow et al. 2014. Raises the errors of `simultaneous`.
    """
    best = game.minimax()
    gain = game.discriminator_reply(q).value - best.value
    leader = Deviation("generator", max(gain, 0.0), best.strategy)
    return Verdict("generator first", leader, _discriminator_deviation(game, q, discriminator), tolerance)


def discriminator_first(game: FiniteGame, q: ArrayLike, discriminator: ArrayLike, tolerance: float = 1e-9) -> Verdict:
    """Tests (q, D) for a Stackelberg equilibrium led by the discriminator: q replies best, and D anticipates it.

    Raises the errors of `simultaneous`.
    """
    best = game.maximin()
    gain = best.value - game.generator_reply(discriminator).value
    leader = Deviation("discriminator", max(gain, 0.0), best.strategy)
    return Verdict("discriminator first", _generator_deviation(game, q, discriminator), leader, tolerance)


def _generator_deviation(game: FiniteGame, q: ArrayLike, discriminator: ArrayLike) -> Deviation:
    reply = game.generator_reply(discriminator)
    return Deviation("generator", _difference(game.value(q, discriminator), reply.value), reply.strategy)


def _discriminator_deviation(game: FiniteGame, q: ArrayLike, discriminator: ArrayLike) -> Deviation:
    reply = game.discriminator_reply(q)
    return Deviation("discriminator", _difference(reply.value, game.value(q, discriminator)), reply.strategy)


def _difference(high: float, low: float) -> float:
    """Returns high - low, at least 0, and 0 for equal infinities."""
    return 0.0 if high == low else max(high - low, 0.0)
