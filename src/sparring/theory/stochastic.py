"""Stochastic discriminators, Markov kernels from points to decisions: deterministic ones suffice."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sparring.errors import ShapeError, SpecError
from sparring.theory.distributions import Matrix, Vector, decisions, distributions, stochastic

Payoff = Callable[[Vector], Vector]
"""Maps decisions in [0, 1] to the discriminator's payoff, elementwise."""


@dataclass(frozen=True)
class Derandomized:
    """The steps of the proof: the payoffs of the kernel, of its mean decision, and of the best D."""

    stochastic: float
    mean: float
    best: float
    discriminator: Vector

    @property
    def gain(self) -> float:
        """The gain from replacing the coin by its mean, at least 0 by Jensen's inequality."""
        return 0.0 if self.mean == self.stochastic else self.mean - self.stochastic


def _log(decision: Vector) -> Vector:
    with np.errstate(divide="ignore"):
        logarithm: Vector = np.log(decision)
    return logarithm


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
    """Compares a stochastic discriminator with the deterministic one of its mean decision.

    At point x the kernel plays level d_k with probability κ(x, k). Its payoff is E_p E_κ[a(d)] + E_q E_κ[b(d)], by
    default with a = ln d, b = ln(1 - d). For concave a and b, Jensen's inequality gives a(E d) ≥ E a(d) at each
    point: the kernel's mean D(x) = Σ_k κ(x, k) d_k earns at least as much, hence deterministic discriminators
    suffice. For the original payoff, `best` is the maximum over all kernels on these levels and over their means,
    D* = p/(p + q); for another payoff it is the maximum over the levels alone.

    Args:
        p, q: distributions [n].
        kernel: κ [n, k], rows are distributions over the levels.
        levels: the decisions [k] in [0, 1] to choose from.
        on_real, on_fake: the payoffs of a decision on data and on generated points.

    Raises:
        ShapeError: sizes differ.
        SpecError: not distributions, not probabilities, or a payoff that is not concave: it rewards randomizing
            and does not fit a stochastic discriminator.
    """
    p, q = distributions(p=p, q=q)
    rows = stochastic("kernel", kernel)
    choices = decisions("levels", levels, np.size(levels))
    count, size = len(p), len(choices)
    if rows.shape != (count, size):
        raise ShapeError(
            f"kernel has shape {list(rows.shape)}; {count} points and {size} levels need [{count}, {size}]"
        )
    check_concave("on_real", on_real)
    check_concave("on_fake", on_fake)
    by_coin = _expect(p, rows, on_real(choices)) + _expect(q, rows, on_fake(choices))
    mean = np.clip(rows @ choices, 0.0, 1.0)
    by_mean = _products(p, on_real(mean)).sum() + _products(q, on_fake(mean)).sum()
    candidates = np.append(choices, p / np.where(p + q > 0, p + q, 1.0))
    payoffs = _products(p[:, None], on_real(candidates)[None]) + _products(q[:, None], on_fake(candidates)[None])
    return Derandomized(by_coin, float(by_mean), float(payoffs.max(axis=1).sum()), mean)


def check_concave(name: str, payoff: Payoff) -> None:
    """Raises `SpecError` unless `payoff` is finite and concave on (0, 1), tested at 99 evenly spaced decisions."""
    if not callable(payoff):
        raise SpecError(f"{name} is {payoff!r}; a payoff is a function of decisions [n] in [0, 1], such as numpy.log")
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.asarray(payoff(np.linspace(0.01, 0.99, 99)))
    if values.shape != (99,) or not np.isfinite(values).all():
        raise SpecError(
            f"{name} does not give one finite number for each decision in (0, 1); such a loss does not fit a "
            "stochastic discriminator, whose decisions are probabilities"
        )
    if (np.diff(values, 2) > 1e-9 * (1 + np.abs(values).max())).any():
        raise SpecError(
            f"{name} is not concave on [0, 1]; such a loss rewards randomizing and does not fit a "
            "stochastic discriminator: use a concave payoff, such as ln D"
        )


def _products(masses: Matrix, payoffs: Matrix) -> Matrix:
    """Returns masses · payoffs with 0 · inf = 0."""
    with np.errstate(invalid="ignore"):
        return np.where(masses > 0, masses * payoffs, 0.0)


def _expect(masses: Vector, kernel: Matrix, payoffs: Vector) -> float:
    return float(_products(masses[:, None] * kernel, np.broadcast_to(payoffs, kernel.shape)).sum())
