"""Discriminators that toss coins: a Markov kernel from points to decisions, and why one never needs it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sparring.errors import ShapeError, SpecError
from sparring.theory.distributions import Matrix, Vector, decisions, distributions, stochastic

Payoff = Callable[[Vector], Vector]
"""Maps decisions in [0, 1] to what the discriminator earns, elementwise."""


@dataclass(frozen=True)
class Derandomized:
    """The steps of the proof: what the kernel earns, what its mean decision earns, and what the best D earns."""

    stochastic: float
    mean: float
    best: float
    discriminator: Vector

    @property
    def gain(self) -> float:
        """What replacing the coin by its mean pays: Jensen's inequality says at least 0."""
        return 0.0 if self.mean == self.stochastic else self.mean - self.stochastic


def _log(decision: Vector) -> Vector:
    with np.errstate(divide="ignore"):
        found: Vector = np.log(decision)
    return found


def _log_complement(decision: Vector) -> Vector:
    return _log(1 - decision)


def derandomize(
    p: ArrayLike,
    q: ArrayLike,
    kernel: ArrayLike,
    levels: ArrayLike,
    on_real: Payoff = _log,
    on_fake: Payoff = _log_complement,
) -> Derandomized:
    """Compares a stochastic discriminator with the deterministic one that says its mean decision.

    At point x it says level d_k with probability κ(x, k) and earns E_p E_κ[a(d)] + E_q E_κ[b(d)], with
    a = ln d, b = ln(1 - d) unless told otherwise. Where a and b are concave, Jensen's inequality gives
    a(E d) ≥ E a(d) at each point: the kernel's mean D(x) = Σ_k κ(x, k) d_k earns at least as much, so that
    deterministic discriminators suffice. `best` is the maximum over all kernels on these levels and over
    their means, D* = p/(p + q), for the original payoff; for another it is that over the levels alone.

    Args:
        p, q: distributions [n].
        kernel: κ [n, k], rows are distributions over the levels.
        levels: the decisions [k] in [0, 1] among which it tosses.
        on_real, on_fake: what a decision earns on data and on generated points.

    Raises:
        ShapeError: sizes differ.
        SpecError: not distributions, not probabilities, or a payoff that is not concave: it rewards coins,
            and does not fit a stochastic discriminator.
    """
    p, q = distributions(p=p, q=q)
    rows = stochastic("kernel", kernel)
    says = decisions("levels", levels, np.size(levels))
    if rows.shape != (len(p), len(says)):
        raise ShapeError(
            f"kernel has shape {list(rows.shape)}; {len(p)} points and {len(says)} levels need [{len(p)}, {len(says)}]"
        )
    check_concave("on_real", on_real)
    check_concave("on_fake", on_fake)
    earns_real, earns_fake = on_real(says), on_fake(says)
    played = _expect(p, rows, earns_real) + _expect(q, rows, earns_fake)
    mean = np.clip(rows @ says, 0.0, 1.0)
    spoken = _total(p, on_real(mean)) + _total(q, on_fake(mean))
    candidates = np.append(says, p / np.where(p + q > 0, p + q, 1.0))
    worth = _products(p[:, None], on_real(candidates)[None]) + _products(q[:, None], on_fake(candidates)[None])
    return Derandomized(played, spoken, float(worth.max(axis=1).sum()), mean)


def check_concave(name: str, payoff: Payoff) -> None:
    """Raises `SpecError` unless `payoff` is finite and concave on (0, 1), as 99 evenly spaced decisions show it."""
    if not callable(payoff):
        raise SpecError(f"{name} is {payoff!r}; a payoff is a function of decisions [n] in [0, 1], such as numpy.log")
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = np.asarray(payoff(np.linspace(0.01, 0.99, 99)))
    if worth.shape != (99,) or not np.isfinite(worth).all():
        raise SpecError(
            f"{name} does not give one finite number for each decision in (0, 1); such a loss does not fit a "
            "stochastic discriminator, whose decisions are probabilities"
        )
    if (np.diff(worth, 2) > 1e-9 * (1 + np.abs(worth).max())).any():
        raise SpecError(
            f"{name} is not concave on [0, 1]; such a loss rewards tossing coins and does not fit a "
            "stochastic discriminator: use a concave payoff, such as ln D"
        )


def _products(masses: Matrix, worth: Matrix) -> Matrix:
    """Returns masses · worth with 0 · inf = 0."""
    with np.errstate(invalid="ignore"):
        return np.where(masses > 0, masses * worth, 0.0)


def _total(masses: Vector, worth: Vector) -> float:
    return float(_products(masses, worth).sum())


def _expect(masses: Vector, kernel: Matrix, worth: Vector) -> float:
    return float(_products(masses[:, None] * kernel, np.broadcast_to(worth, kernel.shape)).sum())
