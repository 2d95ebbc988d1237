"""What extrapolation to infinitely many samples mends, and what it refuses."""

import numpy
import pytest
import torch
from pydantic import ValidationError

from sparring.errors import MetricError
from sparring.metrics.frechet import frechet_distance_of_features
from sparring.metrics.frechet_infinity import FDInfinity, frechet_infinity
from sparring.metrics.metric import MetricInputs, SampleStatistics
from sparring.metrics.statistics.accumulators import Moments
from sparring.metrics.statistics.normal import Normal


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


@pytest.fixture
def real():
    return Normal(torch.zeros(8), torch.eye(8))


def test_the_bias_of_few_samples_is_gone_and_the_error_is_no_more_than_that_of_other_samples(random, real):
    exact = 8 * (0.1**2 + 0.2**2)
    result = [
        frechet_infinity(real, 1.2 * torch.randn(400, 8, generator=random) + 0.1, 8, 0.2, seed) for seed in range(40)
    ]
    plain = torch.tensor([each.distances[-1] - exact for each in result])
    extrapolated = torch.tensor([each.value - exact for each in result])
    noise = extrapolated.std() / 40**0.5
    assert float(plain.mean()) > 4 * noise
    assert float(extrapolated.mean().abs()) < 3 * noise
    assert max(each.error for each in result) < extrapolated.std()


def test_value_and_error_are_those_of_the_least_squares_line(random, real):
    result = frechet_infinity(real, torch.randn(300, 8, generator=random), points=10)
    line, covariance = numpy.polyfit(1 / numpy.array(result.counts), result.distances, 1, cov=True)
    assert result.value == pytest.approx(line[1])
    assert result.error == pytest.approx(covariance[1, 1] ** 0.5)


def test_counts_are_evenly_spaced_up_to_all_samples(random, real):
    features = torch.randn(1500, 8, generator=random)
    result = frechet_infinity(real, features)
    assert result.counts == tuple(round(150 + step * 1350 / 14) for step in range(15))
    moments = Moments()
    moments.update(features)
    assert result.distances[-1] == pytest.approx(real.frechet_distance(Normal.of(moments)), rel=1e-9)


def test_no_subset_has_fewer_samples_than_twice_a_features_numbers(random, real):
    assert frechet_infinity(real, torch.randn(100, 8, generator=random)).counts[0] == 16


def test_the_seed_decides(random, real):
    features = torch.randn(200, 8, generator=random)
    assert frechet_infinity(real, features, seed=1) == frechet_infinity(real, features, seed=1)
    assert frechet_infinity(real, features, seed=1) != frechet_infinity(real, features, seed=2)


def test_the_metric_gives_the_intercept_and_its_error(random):
    real, fake = torch.randn(500, 3, generator=random), torch.randn(400, 3, generator=random) + 1
    moments = Moments()
    moments.update(real)
    inputs = MetricInputs(SampleStatistics(500, (moments,)), SampleStatistics(400, features=fake), seed=7)
    (value,) = FDInfinity(points=5, smallest=0.5).measure(inputs)
    result = frechet_infinity(Normal.of(moments), fake, 5, 0.5, seed=7)
    assert (value.name, value.value, value.deviation) == ("FDInfinity", result.value, result.error)
    assert value.how == "standard error of the intercept, 5 subsets of 200 to 400"
    assert value.value < frechet_distance_of_features(real, fake)


def test_the_reference_is_known_by_its_moments_alone():
    assert FDInfinity().reference_needs == {"moments"}


@pytest.mark.parametrize(("count", "points", "smallest"), [(12, 15, 0.1), (16, 3, 0.1), (100, 2, 0.1), (100, 15, 0.9)])
def test_subsets_without_different_counts_are_refused(random, real, count, points, smallest):
    with pytest.raises(MetricError, match="at least 3, of different counts"):
        frechet_infinity(real, torch.randn(count, 8, generator=random), points, smallest)


@pytest.mark.parametrize("wrong", [{"points": 2}, {"smallest": 0}, {"smallest": 1}])
def test_a_spec_that_cannot_be_measured_is_refused(wrong):
    with pytest.raises(ValidationError):
        FDInfinity(**wrong)


def test_features_that_are_not_finite_are_counted(real):
    features = torch.zeros(100, 8)
    features[3, 1] = torch.nan
    with pytest.raises(MetricError, match="1 of 100 generated samples"):
        frechet_infinity(real, features)
