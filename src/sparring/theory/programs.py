"""Linear programs by SciPy's HiGHS, and one convex program by Newton's method."""

from dataclasses import dataclass

import numpy as np

from sparring.errors import MissingExtraError, SpecError
from sparring.theory.distributions import Matrix, Vector


@dataclass(frozen=True)
class Optimum:
    """Where a linear program is least, and how low it is there."""

    point: Vector
    value: float


def minimise_linear(
    costs: Vector,
    at_most: tuple[Matrix, Vector] | None = None,
    equal: tuple[Matrix, Vector] | None = None,
    free: Vector | None = None,
) -> Optimum:
    """Returns the minimum of costs·x subject to A x ≤ b, A x = b, and x ≥ 0 where not `free` [n] of bools.

    Raises:
        MissingExtraError: SciPy is not installed.
        SpecError: the program has no solution.
    """
    try:
        from scipy.optimize import linprog  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        remedy = 'pip install "sparring[theory]"'
        raise MissingExtraError(f"exact games need SciPy, which is not installed: {remedy}") from None
    unbounded = np.zeros(len(costs), bool) if free is None else free
    a_at_most, b_at_most = at_most or (None, None)
    a_equal, b_equal = equal or (None, None)
    limits = [(None, None) if one else (0, None) for one in unbounded]
    found = linprog(costs, a_at_most, b_at_most, a_equal, b_equal, limits, method="highs")
    if not found.success:
        raise SpecError(f"the linear program has no solution: {found.message}")
    return Optimum(np.asarray(found.x), float(found.fun))


def nearest_mixture(reference: Vector, strategies: Matrix, steps: int = 200) -> Vector:
    """Returns weights w [m] on the rows of `strategies` [m, n] that minimise JS(reference, w·strategies).

    The function is convex; Newton's method on the logarithmic barrier, whose weight falls to 1e-15,
    ends within about m · 1e-15 of the minimum (Boyd & Vandenberghe 2004, section 11.3).
    """
    weights, barrier = np.full(len(strategies), 1 / len(strategies)), 1e-2
    for _ in range(steps):
        step, decrement = _newton_step(weights, reference, strategies, barrier)
        if decrement < barrier * 1e-6:
            if barrier <= 1e-15:
                break
            barrier /= 10
            continue
        falling = step < 0
        length = min(1.0, 0.95 / np.max(-step[falling] / weights[falling], initial=1e-300))
        here = _barrier_value(weights, reference, strategies, barrier)
        while length > 1e-12 and _barrier_value(weights + length * step, reference, strategies, barrier) > here:
            length /= 2
        if length <= 1e-12:
            barrier /= 10
            if barrier < 1e-15:
                break
            continue
        weights = weights + length * step
        weights /= weights.sum()
    return weights


def _barrier_value(weights: Vector, p: Vector, strategies: Matrix, barrier: float) -> float:
    q = weights @ strategies
    return float(_xlogy(p, p / _positive(p + q)) + _xlogy(q, q / _positive(p + q)) - barrier * np.log(weights).sum())


def _newton_step(weights: Vector, p: Vector, strategies: Matrix, barrier: float) -> tuple[Vector, float]:
    """Returns the Newton step within the simplex, and how much it promises to gain."""
    q = _positive(weights @ strategies)
    gradient = strategies @ np.log(q / (p + q)) - barrier / weights
    curvature = (strategies * (p / (q * (p + q)))) @ strategies.T
    # in units of the weights themselves the barrier's curvature is the identity: no ill-conditioning near the boundary
    scaled = weights[:, None] * curvature * weights + barrier * np.eye(len(weights))
    system = np.block([[scaled, weights[:, None]], [weights[None], np.zeros((1, 1))]])
    solved = np.linalg.lstsq(system, np.append(-weights * gradient, 0.0), rcond=None)[0]
    step = weights * solved[:-1]
    return step, float(-gradient @ step)


def _positive(values: Vector) -> Vector:
    floored: Vector = np.maximum(values, 1e-300)
    return floored


def _xlogy(masses: Vector, ratios: Vector) -> float:
    seen = masses > 0
    return float(masses[seen] @ np.log(ratios[seen]))
