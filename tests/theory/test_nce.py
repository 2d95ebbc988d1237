import numpy as np
import pytest

from sparring.errors import ShapeError, SpecError
from sparring.theory import WeightedPoints, fit_noise_contrastive, logit_shift, optimal_discriminator, optimal_logit

NOISE_DEVIATION = 2.0


def log_noise(places):
    return -((places / NOISE_DEVIATION) ** 2) / 2 - np.log(NOISE_DEVIATION * np.sqrt(2 * np.pi))


def squares(places):
    return places[:, None] ** 2


@pytest.mark.parametrize("ratio", [0.2, 1.0, 5.0])
def test_unbalanced_batches_shift_the_optimal_logit_by_minus_the_log_of_the_ratio(ratio):
    p, q = (0.5, 0.3, 0.2), (0.2, 0.3, 0.5)
    np.testing.assert_allclose(optimal_logit(p, q, ratio), np.log(np.array(p) / (ratio * np.array(q))), atol=1e-15)
    np.testing.assert_allclose(optimal_logit(p, q, ratio) - optimal_logit(p, q), logit_shift(ratio), atol=1e-15)
    assert logit_shift(ratio) == pytest.approx(-np.log(ratio), abs=1e-15)


def test_balanced_it_is_the_optimal_discriminator_of_the_game():
    p, q = (0.5, 0.3, 0.2), (0.2, 0.3, 0.5)
    np.testing.assert_allclose(1 / (1 + np.exp(-optimal_logit(p, q))), optimal_discriminator(p, q), atol=1e-15)


@pytest.mark.parametrize("ratio", [0.5, 1.0, 10.0])
def test_with_exact_expectations_it_finds_the_normalizing_constant(ratio):
    data = WeightedPoints.density(lambda x: -(x**2) / 2, -24, 24, 4001)
    noise = WeightedPoints.density(log_noise, -24, 24, 4001)
    fit = fit_noise_contrastive(squares, data, noise, log_noise, ratio)
    assert fit.constant == pytest.approx(np.sqrt(2 * np.pi), abs=1e-9)
    assert fit.weights[0] == pytest.approx(-0.5, abs=1e-9)


def test_from_samples_it_comes_close_and_more_noise_helps():
    errors = {}
    for ratio in (1, 20):
        random = np.random.default_rng(0)
        constants = [
            fit_noise_contrastive(
                squares,
                WeightedPoints.samples(random.normal(size=500)),
                WeightedPoints.samples(random.normal(0, NOISE_DEVIATION, 500 * ratio)),
                log_noise,
                ratio,
            ).constant
            for _ in range(30)
        ]
        errors[ratio] = np.sqrt(np.mean((np.array(constants) - np.sqrt(2 * np.pi)) ** 2))
    assert errors[20] < errors[1] < 0.2


def test_what_cannot_be_fitted_is_named():
    data, noise = WeightedPoints.samples([0.0, 1.0]), WeightedPoints.samples([5.0, 6.0])
    with pytest.raises(SpecError, match=r"noise: there are no best weights, .* choose noise that covers the data"):
        fit_noise_contrastive(squares, data, noise, log_noise)
    with pytest.raises(SpecError, match="ratio is 0"):
        logit_shift(0)
    with pytest.raises(SpecError, match="give a point no mass"):
        optimal_logit((1, 0), (1, 0))
    with pytest.raises(ShapeError, match=r"statistics returned shape \[4\] for 4 points"):
        fit_noise_contrastive(lambda places: places, data, noise, log_noise)
    with pytest.raises(ShapeError, match="2 places and 1 masses"):
        WeightedPoints(np.zeros(2), np.ones(1))
    with pytest.raises(ShapeError, match="masses has shape"):
        WeightedPoints.samples([])
