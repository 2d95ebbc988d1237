"""Checks of masses, kernels and metrics on finitely many points, made before every exact computation."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sparring.errors import ShapeError, SpecError

Vector = NDArray[np.float64]
"""[n] float64."""

Matrix = NDArray[np.float64]
"""[m, n] float64."""

SUM_TOLERANCE = 1e-9
"""The largest distance of a sum of masses from one."""

MOST_STRATEGIES = 128
"""The most points or strategies with which a game is solved exactly."""


def finite_numbers(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Returns `values` as float64 of any shape.

    Raises:
        ShapeError: not an array of numbers.
        SpecError: a number is not finite.
    """
    try:
        numbers = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise ShapeError(f"{name} is not an array of numbers: got {str(values)[:80]}") from None
    if not np.isfinite(numbers).all():
        raise SpecError(f"{name} holds {numbers[~np.isfinite(numbers)][0]}; every number must be finite")
    return numbers


def distribution(name: str, masses: ArrayLike) -> Vector:
    """Returns `masses` [n] as float64, checked: nonnegative, summing to one.

    Raises:
        ShapeError: not a nonempty list of numbers.
        SpecError: a mass is negative or not finite, or the sum is not one; the message begins with `name`.

    >>> distribution("p", [0.25, 0.75])
    array([0.25, 0.75])
    """
    vector = finite_numbers(name, masses)
    if vector.ndim != 1 or not len(vector):
        raise ShapeError(f"{name} has shape {list(vector.shape)}; a distribution is a nonempty list of masses [n]")
    _check_masses(name, vector[None])
    return vector


def distributions(**masses: ArrayLike) -> tuple[Vector, ...]:
    """Returns the named distributions, checked by `distribution`, all on the same number of points.

    Raises:
        ShapeError: their lengths differ.
        SpecError: one is not a distribution.
    """
    vectors = {name: distribution(name, item) for name, item in masses.items()}
    if len({len(vector) for vector in vectors.values()}) > 1:
        sizes = ", ".join(f"{name} has {len(vector)}" for name, vector in vectors.items())
        raise ShapeError(f"{sizes} points; all must live on the same points, in the same order")
    return tuple(vectors.values())


def stochastic(name: str, rows: ArrayLike) -> Matrix:
    """Returns a Markov kernel [m, n] as float64: row i is the distribution to which it sends point i.

    Raises:
        ShapeError: not a nonempty matrix.
        SpecError: a row is not a distribution; the message names it.
    """
    kernel = finite_numbers(name, rows)
    if kernel.ndim != 2 or not kernel.size:
        raise ShapeError(f"{name} has shape {list(kernel.shape)}; a Markov kernel is a matrix [from, to]")
    _check_masses(name, kernel)
    return kernel


def metric(name: str, distances: ArrayLike, count: int) -> Matrix:
    """Returns a ground metric [count, count] as float64.

    Raises:
        ShapeError: not `count` by `count`.
        SpecError: negative, not symmetric, not zero on the diagonal, or breaks the triangle inequality.
    """
    ground = finite_numbers(name, distances)
    if ground.shape != (count, count):
        raise ShapeError(f"{name} has shape {list(ground.shape)}; {count} points need distances [{count}, {count}]")
    detour = (ground[:, :, None] + ground[None]).min(axis=1)
    symmetric = np.allclose(ground, ground.T)
    if (ground < 0).any() or ground.diagonal().any() or not symmetric or (ground > detour + 1e-9).any():
        raise SpecError(
            f"{name} is no metric: distances are nonnegative, symmetric, 0 from a point to itself, and no "
            "longer than a detour; for points on the line, use distances_on_the_line"
        )
    return ground


def distances_on_the_line(points: ArrayLike) -> Matrix:
    """Returns |x - y| [n, n] for points [n] of the real line; raises `SpecError` if one is not finite.

    >>> distances_on_the_line([0, 1, 3])[0]
    array([0., 1., 3.])
    """
    places = finite_numbers("points", points).ravel()
    distances: Matrix = np.abs(places[:, None] - places[None])
    return distances


def decisions(name: str, discriminator: ArrayLike, count: int) -> Vector:
    """Returns a discriminator [count]: the probability that a point is real, for each point.

    Raises:
        ShapeError: not `count` values.
        SpecError: a value outside [0, 1].
    """
    probabilities = scores(name, discriminator, count)
    if (probabilities < 0).any() or (probabilities > 1).any():
        worst = probabilities[np.argmax(np.abs(probabilities - 0.5))]
        raise SpecError(f"{name} holds {worst:g}; probabilities lie in [0, 1]: pass scores through a sigmoid first")
    return probabilities


def scores(name: str, discriminator: ArrayLike, count: int) -> Vector:
    """Returns finite scores [count], one for each point; raises `ShapeError` or `SpecError`."""
    values = finite_numbers(name, discriminator)
    if values.shape != (count,):
        raise ShapeError(f"{name} has shape {list(values.shape)}; {count} points need one value each, [{count}]")
    return values


def small_enough(name: str, count: int, largest: int = MOST_STRATEGIES) -> None:
    """Raises `SpecError` unless `count` is at most `largest`."""
    if count > largest:
        raise SpecError(
            f"{name}: {count} is too large to be solved exactly (at most {largest}); "
            "merge points, or train a game instead"
        )


def _check_masses(name: str, rows: Matrix) -> None:
    for index, row in enumerate(rows):
        place = name if len(rows) == 1 else f"{name}, row {index},"
        if (row < 0).any():
            raise SpecError(f"{place} holds the negative mass {row.min():g}; masses are 0 or more")
        if abs(row.sum() - 1) > SUM_TOLERANCE:
            raise SpecError(f"{place} sums to {row.sum():.10g}; masses sum to 1: divide by their sum")
