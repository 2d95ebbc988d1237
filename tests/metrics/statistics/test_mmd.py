"""The maximum mean discrepancy: unbiased, blind to the order of blocks, and as uncertain as it says."""

import math

import pytest
import torch

from sparring.errors import MetricError
from sparring.metrics.metric import MetricInputs, SampleStatistics
from sparring.metrics.statistics.mmd import MMD, gaussian_kernel, median_distance, mmd


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize(("count", "other"), [(2, 2), (11, 7), (3, 512), (514, 2), (300, 4400)])
def test_mmd_is_the_sum_over_pairs_whatever_the_blocks_and_counts(random, count, other):
    real, fake = (torch.randn(size, 3, generator=random, dtype=torch.float64) for size in (count, other))

    def kernel(one, two):
        return (-(one[:, None] - two).square().sum(2) / (2 * 0.7**2)).exp()

    within = [kernel(rows, rows)[~torch.eye(len(rows), dtype=torch.bool)].mean() for rows in (real, fake)]
    expected = sum(within) - 2 * kernel(real, fake).mean()
    assert mmd(real, fake, gaussian_kernel(0.7))[0] == pytest.approx(float(expected), abs=1e-13)


def test_mmd_of_an_inner_product_is_the_unbiased_squared_distance_of_means(random):
    real, fake = (torch.randn(count, 4, generator=random, dtype=torch.float64) for count in (20, 30))
    noise = sum(rows.var(0).sum() / len(rows) for rows in (real, fake))
    expected = (real.mean(0) - fake.mean(0)).square().sum() - noise
    assert mmd(real, fake, lambda one, other: one @ other.T)[0] == pytest.approx(float(expected), abs=1e-12)


def test_mmd_of_two_normals_is_what_their_integrals_give(random):
    # E k over N(0, 1) and N(m, 1) with bandwidth 1 is 1/√3 · exp(-m² / 6).
    real, fake = (torch.randn(3000, 1, generator=random) for _ in range(2))
    value, deviation = mmd(real, fake + 1.0, gaussian_kernel(1.0))
    assert abs(value - 2 / math.sqrt(3) * (1 - math.exp(-1 / 6))) < 3 * deviation < 0.03


@pytest.mark.parametrize(("shift", "least", "most"), [(1.0, 0.8, 1.25), (0.0, 1.0, 2.0)])
def test_the_deviation_is_that_of_repeated_draws_and_too_large_where_there_is_no_difference(random, shift, least, most):
    result = [
        mmd(torch.randn(60, 2, generator=random), shift + torch.randn(40, 2, generator=random), gaussian_kernel(1.0))
        for _ in range(300)
    ]
    values, deviations = torch.tensor(result, dtype=torch.float64).T
    assert least < float(deviations.mean() / values.std()) < most


def test_mmd_between_samples_of_one_distribution_is_zero_on_average(random):
    draws = [mmd(*torch.randn(2, 50, 2, generator=random), gaussian_kernel(1.0))[0] for _ in range(200)]
    values = torch.tensor(draws)
    assert float(values.min()) < 0
    assert abs(float(values.mean())) < 3 * float(values.std()) / math.sqrt(200)


def test_samples_far_from_the_origin_are_told_apart_as_well(random):
    real, fake = (torch.randn(40, 3, generator=random, dtype=torch.float64) for _ in range(2))
    near, far = (mmd(real + place, fake + 1 + place, gaussian_kernel(1.0)) for place in (0.0, 1e6))
    assert far == pytest.approx(near, rel=1e-8)


def test_half_precision_is_computed_in_float32_and_gives_float64(random):
    real, fake = (torch.randn(30, 3, generator=random).bfloat16() for _ in range(2))
    assert mmd(real, fake, gaussian_kernel(1.0)) == mmd(real.float(), fake.float(), gaussian_kernel(1.0))


def test_the_median_distance_is_that_of_all_pairs_of_a_small_set():
    assert median_distance(torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]])) == pytest.approx(math.sqrt(18))


def test_the_median_distance_of_a_large_set_is_drawn_by_the_seed(random):
    rows = torch.randn(5000, 2, generator=random)
    # The distance of two normal pairs is √2 times Rayleigh, whose median is √(2 ln 2).
    assert median_distance(rows, seed=1) == pytest.approx(2 * math.sqrt(math.log(2)), rel=0.05)
    assert median_distance(rows, seed=1) == median_distance(rows, seed=1) != median_distance(rows, seed=2)


def test_the_metric_takes_its_width_from_the_real_samples(random):
    real, fake = torch.randn(50, 2, generator=random), 5 * torch.randn(40, 2, generator=random)
    inputs = MetricInputs(SampleStatistics(50, features=real), SampleStatistics(40, features=fake), seed=3)
    (value,) = MMD(bandwidth=0.5).measure(inputs)
    assert (value.value, value.deviation) == mmd(real, fake, gaussian_kernel(0.5 * median_distance(real, 3)))
    assert value.name in MMD.directions


def test_a_single_sample_is_refused():
    with pytest.raises(MetricError, match="1 fake samples are too few"):
        mmd(torch.zeros(2, 3), torch.zeros(1, 3), gaussian_kernel(1.0))


def test_a_bandwidth_of_zero_is_refused():
    with pytest.raises(MetricError, match="bandwidth 0"):
        gaussian_kernel(0.0)


def test_real_samples_that_are_mostly_equal_are_refused():
    same = SampleStatistics(4, features=torch.zeros(4, 2))
    with pytest.raises(MetricError, match="most pairs of real samples are equal"):
        MMD().measure(MetricInputs(same, same))
