"""Optimal transport between distributions on finitely many points by linear programs: W1, its plan and its critic."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sparring.theory.distributions import Matrix, Vector, distributions, metric, small_enough
from sparring.theory.programs import minimise_linear


@dataclass(frozen=True)
class Transport:
    """W1 in both forms: the cost of the optimal `plan` [n, n], and the margin of the best 1-Lipschitz `critic` [n].

    `cost` = Σ plan · metric = Σ critic (p - q), Kantorovich & Rubinstein 1958.
    """

    cost: float
    plan: Matrix
    critic: Vector


def transport(p: ArrayLike, q: ArrayLike, distances: ArrayLike) -> Transport:
    """Returns the optimal transport from p to q [n] under the ground metric `distances` [n, n].

    Raises:
        ShapeError, SpecError: bad masses or a bad metric, or more than 128 points.
        MissingExtraError: SciPy is not installed.
    """
    p, q = distributions(p=p, q=q)
    small_enough("p", len(p))
    ground = metric("distances", distances, len(p))
    count = len(p)
    departing, arriving = np.kron(np.eye(count), np.ones(count)), np.kron(np.ones(count), np.eye(count))
    plan = minimise_linear(ground.ravel(), equal=(np.vstack([departing, arriving]), np.concatenate([p, q])))
    # a critic is unique up to a constant: fix it to 0 at the first point
    fixed = (np.eye(1, count), np.zeros(1))
    critic = minimise_linear(q - p, at_most=lipschitz_rows(ground), equal=fixed, free=np.ones(count, bool))
    return Transport(plan.value, plan.point.reshape(count, count), critic.point)


def wasserstein(p: ArrayLike, q: ArrayLike, distances: ArrayLike) -> float:
    """Returns W1(p, q) = min over plans of Σ plan · distances; raises the errors of `transport`.

    >>> from sparring.theory import distances_on_the_line
    >>> round(wasserstein([0.5, 0.3, 0.2], [0.2, 0.3, 0.5], distances_on_the_line([0, 1, 2])), 9)
    0.6
    """
    return transport(p, q, distances).cost


def lipschitz_rows(ground: Matrix) -> tuple[Matrix, Vector]:
    """Returns A, b such that A f ≤ b means f(x) - f(y) ≤ d(x, y) for every pair of points."""
    count = len(ground)
    first, second = np.nonzero(~np.eye(count, dtype=bool))
    rows = np.zeros((len(first), count))
    rows[np.arange(len(first)), first] = 1
    rows[np.arange(len(first)), second] = -1
    return rows, ground[first, second]
