import numpy as np
import pytest

from sparring.errors import ShapeError, SpecError
from sparring.theory import solve_matrix


def test_rock_paper_scissors_is_fair_and_evenly_mixed():
    solution = solve_matrix([[0, 1, -1], [-1, 0, 1], [1, -1, 0]])
    assert (solution.minimax, solution.maximin, solution.saddle_points) == (1, -1, ())
    assert solution.value == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(solution.rows, 1 / 3, atol=1e-9)
    np.testing.assert_allclose(solution.columns, 1 / 3, atol=1e-9)


def test_a_saddle_point_is_found():
    solution = solve_matrix([[2, 3], [1, 4]])
    assert solution.saddle_points == ((0, 1),)
    assert solution.minimax == solution.maximin == solution.value == 3


@pytest.mark.parametrize("seed", range(5))
def test_neither_side_gains_by_leaving_the_mixture(seed):
    payoffs = np.random.default_rng(seed).normal(size=(4, 6))
    solution = solve_matrix(payoffs)
    assert (solution.rows @ payoffs).max() == pytest.approx(solution.value, abs=1e-9)
    assert (payoffs @ solution.columns).min() == pytest.approx(solution.value, abs=1e-9)
    assert solution.maximin <= solution.value + 1e-9 <= solution.minimax + 2e-9


def test_bad_games_are_named():
    with pytest.raises(ShapeError, match=r"payoffs has shape \[2\]"):
        solve_matrix([1, 2])
    with pytest.raises(SpecError, match="payoffs holds -inf; every number must be finite"):
        solve_matrix([[1, -np.inf]])
    with pytest.raises(ShapeError, match="payoffs is not an array of numbers"):
        solve_matrix([[1, 2], [3]])
    with pytest.raises(SpecError, match="payoffs: 200 is too large"):
        solve_matrix(np.zeros((2, 200)))
