import numpy as np
import pytest

from sparring.errors import ShapeError, SpecError
from sparring.losses import Wasserstein
from sparring.theory import derandomize, optimal_discriminator, value

P, Q, LEVELS = (0.5, 0.3, 0.2), (0.2, 0.3, 0.5), (0.1, 0.4, 0.6, 0.9)


@pytest.mark.parametrize("seed", range(20))
def test_the_mean_decision_earns_at_least_what_the_coin_does_and_the_best_at_least_that(seed):
    random = np.random.default_rng(seed)
    kernel = random.dirichlet(np.ones(4), size=3)
    payoffs = derandomize(P, Q, kernel, LEVELS)
    assert payoffs.stochastic < payoffs.mean < payoffs.best
    assert payoffs.mean == pytest.approx(value(P, Q, payoffs.discriminator), abs=1e-12)
    assert payoffs.best == pytest.approx(value(P, Q, optimal_discriminator(P, Q)), abs=1e-12)


def test_a_kernel_that_tosses_no_coin_loses_nothing():
    payoffs = derandomize(P, Q, np.eye(4)[[3, 1, 0]], LEVELS)
    assert payoffs.gain == pytest.approx(0, abs=1e-15)
    assert payoffs.stochastic == pytest.approx(value(P, Q, (0.9, 0.4, 0.1)), abs=1e-12)


def test_a_coin_between_certainties_loses_without_bound():
    assert derandomize(P, Q, np.full((3, 2), 0.5), (0.0, 1.0)).gain == np.inf


def test_a_payoff_linear_in_the_decision_does_not_mind_coins():
    kernel = np.random.default_rng(0).dirichlet(np.ones(4), size=3)
    assert derandomize(P, Q, kernel, LEVELS, lambda d: d, lambda d: -d).gain == pytest.approx(0, abs=1e-15)


def test_what_does_not_fit_is_named():
    kernel = np.full((3, 4), 0.25)
    with pytest.raises(SpecError, match=r"on_real is not concave .* does not fit a stochastic discriminator"):
        derandomize(P, Q, kernel, LEVELS, lambda d: d**2)
    with pytest.raises(SpecError, match=r"on_fake does not give one finite number .* does not fit a stochastic"):
        derandomize(P, Q, kernel, LEVELS, on_fake=lambda d: np.log(d - 0.5))
    with pytest.raises(SpecError, match=r"on_real does not give one finite number for each decision"):
        derandomize(P, Q, kernel, LEVELS, on_real=np.sum)
    with pytest.raises(SpecError, match=r"on_real is Wasserstein\(\); a payoff is a function of decisions"):
        derandomize(P, Q, kernel, LEVELS, on_real=Wasserstein())
    with pytest.raises(SpecError, match=r"kernel, row 1, holds the negative mass -0.25"):
        derandomize(P, Q, [[1, 0, 0, 0], [-0.25, 1.25, 0, 0], [0, 0, 0, 1]], LEVELS)
    with pytest.raises(SpecError, match=r"kernel, row 0, sums to 1.2"):
        derandomize(P, Q, np.full((3, 4), 0.3), LEVELS)
    with pytest.raises(ShapeError, match=r"kernel has shape \[3, 4\]; 3 points and 2 levels"):
        derandomize(P, Q, kernel, (0.2, 0.8))
    with pytest.raises(SpecError, match="levels holds 2"):
        derandomize(P, Q, kernel, (0.1, 0.2, 0.3, 2))
