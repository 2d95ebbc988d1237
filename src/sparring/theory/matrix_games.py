"""Zero-sum games with finitely many strategies on both sides, solved by linear programming."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sparring.errors import ShapeError
from sparring.theory.distributions import Matrix, Vector, finite_numbers, small_enough
from sparring.theory.programs import minimise_linear


@dataclass(frozen=True)
class MatrixSolution:
    """In pure strategies `minimax` ≥ `maximin`; `value`, that of the mixtures `rows` and `columns`, lies between them.

    `saddle_points` are the equilibria in pure strategies, as (row, column).
    """

    minimax: float
    maximin: float
    value: float
    rows: Vector
    columns: Vector
    saddle_points: tuple[tuple[int, int], ...]


def solve_matrix(payoffs: ArrayLike) -> MatrixSolution:
    """Solves the game in which rows (generators) minimise and columns (discriminators) maximise `payoffs` [m, n].

    Raises:
        ShapeError: not a nonempty matrix.
        SpecError: a payoff is not finite, or there are more than 128 rows or columns.
        MissingExtraError: SciPy is not installed.

    >>> pennies = solve_matrix([[1, -1], [-1, 1]])
    >>> pennies.minimax, pennies.maximin, pennies.saddle_points
    (1.0, -1.0, ())
    >>> pennies.rows
    array([0.5, 0.5])
    """
    table = finite_numbers("payoffs", payoffs)
    if table.ndim != 2 or not table.size:
        raise ShapeError(f"payoffs has shape {list(table.shape)}; a game is a matrix [generators, discriminators]")
    small_enough("payoffs", max(table.shape))
    rows, value = _minimax_mixture(table)
    columns, _ = _minimax_mixture(-table.T)
    worst, best = table.max(axis=1), table.min(axis=0)
    saddles = np.argwhere((table == worst[:, None]) & (table == best[None]))
    pairs = tuple((int(row), int(column)) for row, column in saddles)
    return MatrixSolution(float(worst.min()), float(best.max()), value, rows, columns, pairs)


def _minimax_mixture(payoffs: Matrix) -> tuple[Vector, float]:
    """Returns the mixture w of rows that minimises t subject to w·payoffs ≤ t, and t."""
    row_count, column_count = payoffs.shape
    limits = np.hstack([payoffs.T, -np.ones((column_count, 1))]), np.zeros(column_count)
    total = np.append(np.ones(row_count), 0.0)[None], np.ones(1)
    optimum = minimise_linear(np.eye(row_count + 1)[-1], limits, total, np.eye(row_count + 1, dtype=bool)[-1])
    return optimum.point[:-1], optimum.value
