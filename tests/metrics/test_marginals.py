"""Distances of single dimensions."""

import math

import pytest
import torch

from sparring.errors import MetricError
from sparring.metrics.marginals import W1, marginal_wasserstein
from sparring.metrics.metric import MetricInputs, SampleStatistics


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize("other", [50, 37, 1])
def test_distances_are_areas_between_distribution_functions(random, other):
    real, fake = torch.randn(50, 3, generator=random), 2 * torch.randn(other, 3, generator=random)
    expected = []
    for column in range(3):
        one, two = real[:, column].double(), fake[:, column].double()
        places = torch.cat((one, two)).sort().values
        gap = ((one <= places[:, None]).double().mean(1) - (two <= places[:, None]).double().mean(1)).abs()
        expected.append(float((gap[:-1] * places.diff()).sum()))
    assert marginal_wasserstein(real, fake).tolist() == pytest.approx(expected, rel=1e-12)


def test_distances_of_many_dimensions_are_those_of_each(random):
    real, fake = torch.randn(20, 150, generator=random), torch.randn(30, 150, generator=random)
    single = torch.cat([marginal_wasserstein(real[:, [d]], fake[:, [d]]) for d in range(150)])
    assert torch.allclose(marginal_wasserstein(real, fake), single, rtol=1e-12)


def test_two_normals_differ_by_their_shift_and_their_spread(random):
    # W₁ of N(0, 1) and N(0, s²) is |1 - s| √(2/π).
    rows = torch.randn(20_000, 2, generator=random)
    result = marginal_wasserstein(rows, torch.stack((rows[:, 0] + 0.5, 3 * rows[:, 1]), 1))
    assert result.tolist() == pytest.approx([0.5, 2 * math.sqrt(2 / math.pi)], rel=0.02)


def test_a_set_in_another_order_has_no_distance(random):
    rows = torch.randn(20, 3, generator=random)
    assert not marginal_wasserstein(rows, rows.flip(0)).any()


def test_the_metric_reports_the_mean_and_the_worst_dimension():
    real, fake = torch.zeros(4, 3), torch.tensor([[1.0, 5.0, 0.0]])
    mean, worst = W1().measure(MetricInputs(SampleStatistics(4, features=real), SampleStatistics(1, features=fake)))
    assert (mean.value, worst.value) == (2.0, 5.0)
    assert (mean.how, worst.how) == ("mean of 3 dimensions", "dimension 1, counted from 0")


def test_an_empty_set_is_refused():
    with pytest.raises(MetricError, match="0 fake samples are too few"):
        marginal_wasserstein(torch.zeros(3, 2), torch.zeros(0, 2))


def test_sets_of_other_dimensions_are_refused():
    with pytest.raises(MetricError, match="real 2, fake 3"):
        marginal_wasserstein(torch.zeros(3, 2), torch.zeros(3, 3))
