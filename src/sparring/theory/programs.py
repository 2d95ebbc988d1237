"""Linear programs with SciPy's HiGHS, and one convex program with Newton's method."""

from dataclasses import dataclass

import numpy as np

from sparring.errors import MissingExtraError, SpecError
from sparring.theory.distributions import Matrix, Vector


@dataclass(frozen=True)
class Optimum:
    """The minimiser of a linear program, and the minimum."""

    point: Vector
    value: float


def minimise_linear(
    costs: Vector,
    at_most: tuple[Matrix, Vector] | None = None,
    equal: tuple[Matrix, Vector] | None = None,
    free: Vector | None = None,
) -> Optimum:
    """Returns the minimum of costs·x subject to A x ≤ b (`at_most`), A x = b (`equal`), and x ≥ 0 unless `free` [n].

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
    limits = [(None, None) if is_free else (0, None) for is_free in unbounded]
    solution = linprog(costs, a_at_most, b_at_most, a_equal, b_equal, limits, method="highs")
    if not solution.success:
        raise SpecError(f"the linear program has no solution: {solution.message}")
    return Optimum(np.asarray(solution.x), float(solution.fun))


def nearest_mixture(reference: Vector, strategies: Matrix, steps: int = 200) -> Vector:
    """Returns weights w [m] on the rows of `strategies` [m, n] that minimise JS(reference, w·strategies).

    The function is convex. Newton's method with a logarithmic barrier, whose weight falls to 1e-15,
    ends within about m · 1e-15 of the minimum (Boyd & Vandenberghe 2004, section 11.3).
    """
    weights, barrier = np.full(len(strategies), 1 / len(strategies)), 1e-2
    for _ in range(steps):
        step, decrement = _newton_step(weights, reference, strategies, barrier)
        # centred: continue with a weaker barrier
        if decrement < barrier * 1e-6:
            if barrier <= 1e-15:
                break
            barrier /= 10
            continue
        # stay inside the simplex, then halve the step until the barrier function falls
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
    """Returns the Newton step within the simplex, and its expected decrease of the barrier function."""
    q = _positive(weights @ strategies)
    gradient = strategies @ np.log(q / (p + q)) - barrier / weights
    curvature = (strategies * (p / (q * (p + q)))) @ strategies.T
    # in units of the weights the barrier's curvature is the identity: well-conditioned near the boundary
    scaled = weights[:, None] * curvature * weights + barrier * np.eye(len(weights))
    system = np.block([[scaled, weights[:, None]], [weights[None], np.zeros((1, 1))]])
    solution = np.linalg.lstsq(system, np.append(-weights * gradient, 0.0), rcond=None)[0]
    step = weights * solution[:-1]
    return step, float(-gradient @ step)


def _positive(values: Vector) -> Vector:
    floored: Vector = np.maximum(values, 1e-300)
    return floored


def _xlogy(masses: Vector, ratios: Vector) -> float:
    support = masses > 0
    return float(masses[support] @ np.log(ratios[support]))
