"""What every exact computation checks first: masses, kernels and metrics on finitely many points."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sparring.errors import ShapeError, SpecError

Vector = NDArray[np.float64]
"""[n] float64."""

Matrix = NDArray[np.float64]
"""[m, n] float64."""

TOLERANCE = 1e-9
"""How far a sum of masses may be from one."""

LARGEST = 128
"""The most points or strategies for which a game is solved exactly."""


def finite_numbers(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Returns `values` as float64 of any shape.

    Raises:
        ShapeError: they are not an array of numbers.
        SpecError: one is not finite.
    """
    try:
        found = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise ShapeError(f"{name} is not an array of numbers: got {str(values)[:80]}") from None
    if not np.isfinite(found).all():
        raise SpecError(f"{name} holds {found[~np.isfinite(found)][0]}; every number must be finite")
    return found


def distribution(name: str, masses: ArrayLike) -> Vector:
    """Returns `masses` [n] as float64, checked: nonnegative, summing to one.

    Raises:
        ShapeError: it is not a nonempty list of numbers.
        SpecError: a mass is negative or not finite, or the sum is not one; the message begins with `name`.

    >>> distribution("p", [0.25, 0.75])
    array([0.25, 0.75])
    """
    found = finite_numbers(name, masses)
    if found.ndim != 1 or not len(found):
        raise ShapeError(f"{name} has shape {list(found.shape)}; a distribution is a nonempty list of masses [n]")
    _check_masses(name, found[None])
    return found


def distributions(**masses: ArrayLike) -> tuple[Vector, ...]:
    """Returns the named distributions, checked as `distribution` does, all on the same number of points.

    Raises:
        ShapeError: their lengths differ.
        SpecError: one is not a distribution.
    """
    found = {name: distribution(name, item) for name, item in masses.items()}
    if len({len(item) for item in found.values()}) > 1:
        sizes = ", ".join(f"{name} has {len(item)}" for name, item in found.items())
        raise ShapeError(f"{sizes} points; all must live on the same points, in the same order")
    return tuple(found.values())


def stochastic(name: str, rows: ArrayLike) -> Matrix:
    """Returns a Markov kernel [m, n] as float64: row i is the distribution to which point i is sent.

    Raises:
        ShapeError: it is not a nonempty matrix.
        SpecError: a row is not a distribution; the message names it.
    """
    found = finite_numbers(name, rows)
    if found.ndim != 2 or not found.size:
        raise ShapeError(f"{name} has shape {list(found.shape)}; a Markov kernel is a matrix [from, to]")
    _check_masses(name, found)
    return found


def metric(name: str, distances: ArrayLike, count: int) -> Matrix:
    """Returns a ground metric [count, count] as float64.

    Raises:
        ShapeError: it is not `count` by `count`.
        SpecError: it is negative, not symmetric, not zero on the diagonal, or breaks the triangle inequality.
    """
    found = finite_numbers(name, distances)
    if found.shape != (count, count):
        raise ShapeError(f"{name} has shape {list(found.shape)}; {count} points need distances [{count}, {count}]")
    detour = (found[:, :, None] + found[None]).min(axis=1)
    if (found < 0).any() or found.diagonal().any() or not np.allclose(found, found.T) or (found > detour + 1e-9).any():
        raise SpecError(
            f"{name} is no metric: distances are nonnegative, symmetric, 0 from a point to itself, and no "
            "longer than a detour; for points on the line, use distances_on_the_line"
        )
    return found


def distances_on_the_line(points: ArrayLike) -> Matrix:
    """Returns |x - y| [n, n] for points [n] of the real line; raises `SpecError` where one is not finite.

    >>> distances_on_the_line([0, 1, 3])[0]
    array([0., 1., 3.])
    """
    found = finite_numbers("points", points).ravel()
    distances: Matrix = np.abs(found[:, None] - found[None])
    return distances


def decisions(name: str, discriminator: ArrayLike, count: int) -> Vector:
    """Returns a discriminator [count] of probabilities "this is real", one a point.

    Raises:
        ShapeError: there are not `count`.
        SpecError: one is outside [0, 1].
    """
    found = scores(name, discriminator, count)
    if (found < 0).any() or (found > 1).any():
        worst = found[np.argmax(np.abs(found - 0.5))]
        raise SpecError(f"{name} holds {worst:g}; probabilities lie in [0, 1]: pass scores through a sigmoid first")
    return found


def scores(name: str, discriminator: ArrayLike, count: int) -> Vector:
    """Returns finite scores [count], one a point; raises `ShapeError` or `SpecError`."""
    found = finite_numbers(name, discriminator)
    if found.shape != (count,):
        raise ShapeError(f"{name} has shape {list(found.shape)}; {count} points need one value each, [{count}]")
    return found


def small_enough(name: str, count: int, largest: int = LARGEST) -> None:
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
        if abs(row.sum() - 1) > TOLERANCE:
            raise SpecError(f"{place} sums to {row.sum():.10g}; masses sum to 1: divide by their sum")
