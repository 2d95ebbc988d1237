import numpy as np
import pytest
from numpy.typing import ArrayLike

from sparring.errors import ShapeError, SparringError, SpecError
from sparring.theory import (
    alpha_divergence,
    distances_on_the_line,
    hinge_minimum,
    jensen_shannon,
    kullback_leibler,
    least_squares,
    pearson,
    relativistic_jensen_shannon,
    reverse_kullback_leibler,
    squared_hellinger,
    total_variation,
    transport,
    wasserstein,
)
from sparring.theory.distributions import stochastic

P, Q = (0.5, 0.3, 0.2), (0.2, 0.3, 0.5)
ALL = (
    jensen_shannon,
    kullback_leibler,
    reverse_kullback_leibler,
    pearson,
    squared_hellinger,
    total_variation,
    least_squares,
    relativistic_jensen_shannon,
)


@pytest.mark.parametrize(
    ("divergence", "expected"),
    [
        (jensen_shannon, 0.0664143144),
        (kullback_leibler, 0.2748872196),
        (pearson, 0.63),
        (squared_hellinger, 0.1350889359),
        (total_variation, 0.3),
        (hinge_minimum, 1.4),
        (least_squares, 0.2571428571),
        (relativistic_jensen_shannon, 0.1245162110),
    ],
)
def test_the_reference_numbers_on_three_points(divergence, expected):
    assert divergence(P, Q) == pytest.approx(expected, abs=1e-10)


def test_w1_of_the_reference_is_six_tenths_and_critic_and_plan_agree():
    optimum = transport(P, Q, distances_on_the_line([0, 1, 2]))
    assert optimum.cost == pytest.approx(0.6, abs=1e-9)
    assert optimum.critic @ (np.array(P) - Q) == pytest.approx(0.6, abs=1e-9)
    np.testing.assert_allclose(optimum.plan.sum(axis=1), P, atol=1e-9)
    np.testing.assert_allclose(optimum.plan.sum(axis=0), Q, atol=1e-9)


def test_w1_on_the_line_is_the_area_between_cumulative_sums():
    random = np.random.default_rng(0)
    p, q, places = random.dirichlet(np.ones(7)), random.dirichlet(np.ones(7)), np.sort(random.normal(size=7))
    area = np.abs(np.cumsum(p - q))[:-1] @ np.diff(places)
    assert wasserstein(p, q, distances_on_the_line(places)) == pytest.approx(area, abs=1e-9)


@pytest.mark.parametrize("divergence", ALL)
def test_a_divergence_is_zero_exactly_between_equals(divergence):
    assert divergence(P, P) == pytest.approx(0, abs=1e-15)
    assert divergence(P, Q) > 0


def test_disjoint_supports():
    one, other = (1.0, 0.0), (0.0, 1.0)
    assert jensen_shannon(one, other) == pytest.approx(np.log(2), abs=1e-15)
    assert (total_variation(one, other), squared_hellinger(one, other), least_squares(one, other)) == (1, 2, 2)
    assert kullback_leibler(one, other) == reverse_kullback_leibler(one, other) == pearson(one, other) == np.inf
    assert alpha_divergence(one, other, 2) == alpha_divergence(one, other, -1) == np.inf
    assert hinge_minimum(one, other) == 0


def test_the_alpha_family_holds_its_neighbours():
    p, q = (0.6, 0.3, 0.1), (0.25, 0.25, 0.5)
    assert alpha_divergence(p, q, 2) == pytest.approx(pearson(p, q) / 2, abs=1e-12)
    assert alpha_divergence(p, q, 0.5) == pytest.approx(2 * squared_hellinger(p, q), abs=1e-12)
    assert alpha_divergence(p, q, 1) == kullback_leibler(p, q)
    assert alpha_divergence(p, q, 1 + 1e-6) == pytest.approx(kullback_leibler(p, q), abs=1e-5)
    assert alpha_divergence(p, q, 1e-6) == pytest.approx(alpha_divergence(p, q, 0), abs=1e-5)


@pytest.mark.parametrize(
    ("masses", "error", "message"),
    [
        ((0.5, 0.4), SpecError, r"p sums to 0.9; masses sum to 1: divide"),
        ((1.2, -0.2), SpecError, r"p holds the negative mass -0.2"),
        ((np.nan, 1.0), SpecError, r"p holds nan; every number must be finite"),
        ((), ShapeError, r"p has shape \[0\]"),
        (((1.0,),), ShapeError, r"p has shape \[1, 1\]"),
        (("a", "b"), ShapeError, r"p is not an array of numbers"),
        ((0.2, 0.3, 0.5), ShapeError, r"p has 3, q has 2 points; all must live on the same points"),
    ],
)
@pytest.mark.parametrize("divergence", ALL)
def test_bad_masses_are_named(divergence, masses: ArrayLike, error: type[SparringError], message: str):
    with pytest.raises(error, match=message):
        divergence(masses, (0.5, 0.5))


def test_bad_kernels_and_metrics_are_named():
    with pytest.raises(SpecError, match=r"kernel, row 1, sums to 0.9"):
        stochastic("kernel", [[1, 0], [0.4, 0.5]])
    with pytest.raises(ShapeError, match="a Markov kernel is a matrix"):
        stochastic("kernel", [1, 0])
    with pytest.raises(ShapeError, match=r"distances has shape \[2, 2\]; 3 points need"):
        wasserstein(P, Q, np.zeros((2, 2)))
    with pytest.raises(SpecError, match="distances is no metric"):
        wasserstein(P, Q, [[0, 1, 5], [1, 0, 1], [5, 1, 0]])
    with pytest.raises(SpecError, match="p: 129 is too large to be solved exactly"):
        wasserstein(np.full(129, 1 / 129), np.full(129, 1 / 129), np.zeros((129, 129)))
    with pytest.raises(SpecError, match="p: 5000 is too large to be solved exactly"):
        relativistic_jensen_shannon(np.full(5000, 1 / 5000), np.full(5000, 1 / 5000))
    with pytest.raises(SpecError, match="alpha is nan"):
        alpha_divergence(P, Q, np.nan)
