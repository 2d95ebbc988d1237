"""The kernel distance: exact vectors, the published form over subsets, and what float32 leaves of it."""

import pytest
import torch

from sparring.errors import MetricError
from sparring.metrics.kernel_distance import KID, kernel_distance, kernel_distance_over_subsets
from sparring.metrics.metric import MetricInputs, SampleStatistics


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


def features(count, random, size=16, kind=torch.float64, scale=1.0):
    return (torch.randn(count, size, generator=random, dtype=kind) * scale).abs()


def inputs(real, fake, seed=0):
    return MetricInputs(SampleStatistics(len(real), features=real), SampleStatistics(len(fake), features=fake), seed)


def published(x, y):
    """The statement of the paper with whole matrices, as published code has it."""
    within = []
    for rows in (x, y):
        kernel = (rows @ rows.T / rows.shape[1] + 1) ** 3
        within.append((kernel.sum() - kernel.diagonal().sum()) / (len(rows) * (len(rows) - 1)))
    return float(sum(within) - 2 * ((x @ y.T / x.shape[1] + 1) ** 3).mean())


def test_a_case_by_hand():
    # 1 within each set; across, x·y is 1, 1, 0, 0: 1 + 1 - 2 (3.375 + 3.375 + 1 + 1) / 4.
    real, fake = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([[1.0, 1.0], [0.0, 0.0]])
    assert kernel_distance(real, fake)[0] == -2.375


@pytest.mark.parametrize(("count", "other"), [(30, 30), (1100, 700), (513, 2)])
def test_the_distance_over_all_pairs_is_the_papers(random, count, other):
    real, fake = features(count, random), features(other, random, scale=1.1)
    assert kernel_distance(real, fake)[0] == pytest.approx(published(real, fake), abs=1e-12)


def test_float32_loses_no_more_than_1e8_of_the_kernels_mean(random):
    real, fake = (features(1500, random, 512, torch.float32, scale) for scale in (0.5, 0.51))
    assert kernel_distance(real, fake)[0] == pytest.approx(published(real.double(), fake.double()), abs=1e-8)


def test_the_distance_is_symmetric(random):
    real, fake = features(40, random), features(30, random, scale=1.5)
    assert kernel_distance(real, fake) == pytest.approx(kernel_distance(fake, real), rel=1e-12)


def test_subsets_of_all_samples_are_the_distance_over_all_pairs(random):
    real, fake = features(40, random), features(40, random, scale=1.5)
    mean, deviation = kernel_distance_over_subsets(real, fake, subsets=3, size=40)
    assert mean == pytest.approx(kernel_distance(real, fake)[0], rel=1e-9)
    assert deviation == pytest.approx(0.0, abs=1e-9)


def test_the_mean_over_subsets_is_near_the_distance_over_all_pairs(random):
    real, fake = features(400, random), features(300, random, scale=1.3)
    mean, deviation = kernel_distance_over_subsets(real, fake, subsets=100, size=100)
    assert abs(mean - kernel_distance(real, fake)[0]) < 4 * deviation / 10


def test_subsets_are_drawn_without_replacement(random):
    # Of two samples a subset of two has both; one of them twice would be nearer to itself.
    rows = torch.eye(2, 3, dtype=torch.float64)
    mean, deviation = kernel_distance_over_subsets(rows, rows, subsets=50, size=2)
    assert (mean, deviation) == (pytest.approx(published(rows, rows)), pytest.approx(0.0, abs=1e-12))


def test_the_deviation_is_divided_by_the_count_of_subsets(random):
    real, fake = features(40, random), features(30, random)
    means = [kernel_distance_over_subsets(real, fake, 1, 10, seed)[0] for seed in (0, 0, 1)]
    mean, deviation = kernel_distance_over_subsets(real, fake, 2, 10, seed=0)
    assert means[0] == means[1] != means[2]
    assert deviation == pytest.approx(abs(means[0] - mean))


def test_the_metric_is_the_function_with_the_evidences_seed(random):
    real, fake = features(60, random), features(50, random)
    (value,) = KID(subsets=5, size=20).measure(inputs(real, fake, seed=7))
    assert (value.value, value.deviation) == kernel_distance_over_subsets(real, fake, 5, 20, seed=7)
    assert (value.name, value.how) == ("KID", "5 subsets of 20")


def test_the_metric_takes_smaller_subsets_of_a_smaller_set_and_says_so(random):
    (value,) = KID(subsets=5).measure(inputs(features(1200, random), features(300, random)))
    assert value.how == "5 subsets of 300 instead of 1000"


def test_the_metric_takes_all_pairs_where_there_is_nothing_to_draw(random):
    real, fake = features(60, random), features(50, random)
    (value,) = KID().measure(inputs(real, fake))
    assert (value.value, value.deviation) == kernel_distance(real, fake)
    assert value.how == "all pairs of 60 real and 50 generated"


def test_subsets_larger_than_a_set_are_refused(random):
    with pytest.raises(MetricError, match="100 subsets of 1000 from 60 real and 50 generated"):
        kernel_distance_over_subsets(features(60, random), features(50, random))


def test_no_subsets_are_refused(random):
    with pytest.raises(MetricError, match="0 subsets"):
        kernel_distance_over_subsets(features(6, random), features(6, random), subsets=0, size=3)


def test_features_of_two_backbones_are_refused(random):
    with pytest.raises(MetricError, match="real 16, fake 8"):
        kernel_distance(features(5, random), features(5, random, size=8))


def test_features_that_are_not_finite_are_refused(random):
    rows = features(5, random)
    with pytest.raises(MetricError, match="1 of 5 fake samples"):
        kernel_distance(rows, torch.where(torch.arange(5)[:, None] == 2, torch.nan, rows))
