"""Is this pair of strategies an equilibrium? Three notions, and what deviating from each would pay."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sparring.theory.distributions import Vector
from sparring.theory.finite import FiniteGame


@dataclass(frozen=True)
class Deviation:
    """What a player would gain by playing `strategy` instead, in units of V; 0 where it plays best already."""

    player: str
    gain: float
    strategy: Vector


@dataclass(frozen=True)
class Verdict:
    """Whether a pair is an equilibrium under `notion`, to `tolerance`; and each player's best deviation."""

    notion: str
    generator: Deviation
    discriminator: Deviation
    tolerance: float

    @property
    def holds(self) -> bool:
        """Whether no deviation pays more than the tolerance."""
        return max(self.generator.gain, self.discriminator.gain) <= self.tolerance

    def lines(self) -> list[str]:
        """Returns the verdict in words, one line for each deviation that pays."""
        if self.holds:
            return [f"{self.notion}: an equilibrium"]
        found = [one for one in (self.generator, self.discriminator) if one.gain > self.tolerance]
        return [
            f"{self.notion}: no equilibrium; the {one.player} gains {one.gain:.10g} by playing "
            f"{np.array2string(one.strategy, precision=6, separator=', ')}"
            for one in found
        ]


def simultaneous(game: FiniteGame, q: ArrayLike, discriminator: ArrayLike, tolerance: float = 1e-9) -> Verdict:
    """Judges (q, D) as a Nash equilibrium: each plays a best reply to the other.

    Raises:
        ShapeError, SpecError: `q` is not a distribution on the game's points, or `discriminator` may not be played.
    """
    return Verdict(
        "simultaneous",
        _generator_replies(game, q, discriminator),
        _discriminator_replies(game, q, discriminator),
        tolerance,
    )


def generator_first(game: FiniteGame, q: ArrayLike, discriminator: ArrayLike, tolerance: float = 1e-9) -> Verdict:
    """Judges (q, D) as a Stackelberg equilibrium led by the generator: D replies best, and q foresees it.

    This is the min-max of Goodfellow et al. 2014. Raises as `simultaneous` does.
    """
    best = game.minimax()
    gain = game.discriminator_reply(q).value - best.value
    led = Deviation("generator", max(gain, 0.0), best.strategy)
    return Verdict("generator first", led, _discriminator_replies(game, q, discriminator), tolerance)


def discriminator_first(game: FiniteGame, q: ArrayLike, discriminator: ArrayLike, tolerance: float = 1e-9) -> Verdict:
    """Judges (q, D) as a Stackelberg equilibrium led by the discriminator: q replies best, and D foresees it.

    Raises as `simultaneous` does.
    """
    best = game.maximin()
    gain = best.value - game.generator_reply(discriminator).value
    led = Deviation("discriminator", max(gain, 0.0), best.strategy)
    return Verdict("discriminator first", _generator_replies(game, q, discriminator), led, tolerance)


def _generator_replies(game: FiniteGame, q: ArrayLike, discriminator: ArrayLike) -> Deviation:
    reply = game.generator_reply(discriminator)
    return Deviation("generator", _difference(game.value(q, discriminator), reply.value), reply.strategy)


def _discriminator_replies(game: FiniteGame, q: ArrayLike, discriminator: ArrayLike) -> Deviation:
    reply = game.discriminator_reply(q)
    return Deviation("discriminator", _difference(reply.value, game.value(q, discriminator)), reply.strategy)


def _difference(high: float, low: float) -> float:
    """Returns high - low, at least 0, and 0 where both are the same infinity."""
    return 0.0 if high == low else max(high - low, 0.0)
