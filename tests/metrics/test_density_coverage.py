"""Density and coverage, and what they are of two sets from one distribution."""

import pytest
import torch

from sparring.errors import MetricError
from sparring.metrics.density_coverage import DC, density_coverage, expected_coverage
from sparring.metrics.metric import MetricInputs, SampleStatistics
from sparring.metrics.statistics import neighbours


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


def by_hand(real, fake, k):
    distances = torch.cdist(real.double(), fake.double(), compute_mode="donot_use_mm_for_euclid_dist")
    among = torch.cdist(real.double(), real.double(), compute_mode="donot_use_mm_for_euclid_dist")
    inside = distances <= among.sort(1).values[:, k, None]
    density = inside.double().sum(0) / k
    return density, inside.any(1).double().mean().item()


@pytest.mark.parametrize("k", [1, 5])
@pytest.mark.parametrize("dimensions", [2, 10, 200])
def test_values_are_those_of_the_definition_at_any_counts(random, monkeypatch, k, dimensions):
    monkeypatch.setattr(neighbours, "_TILE", 64)
    real = torch.randn(150, dimensions, generator=random)
    fake = 0.9 * torch.randn(110, dimensions, generator=random) + 0.1
    result = density_coverage(real, fake, k)
    density, coverage = by_hand(real, fake, k)
    assert result.density == pytest.approx(density.mean().item(), abs=1e-12)
    assert result.density_error == pytest.approx(density.std(correction=0).item() / 110**0.5)
    assert result.coverage == pytest.approx(coverage, abs=1e-12)


def test_expected_coverage_is_the_published_number():
    assert expected_coverage(10_000, 10_000, 5) == pytest.approx(0.968773, abs=5e-7)


@pytest.mark.parametrize(("reals", "fakes"), [(30, 30), (40, 15), (12, 60)])
def test_one_distribution_has_density_one_and_the_expected_coverage(random, reals, fakes):
    densities, coverages = [], []
    for _ in range(400):
        real, fake = (torch.randn(count, 3, generator=random) for count in (reals, fakes))
        result = density_coverage(real, fake, k=3)
        densities.append(result.density)
        coverages.append(result.coverage)
        assert result.expected_coverage == expected_coverage(reals, fakes, 3)
    for values, expected in ((densities, 1.0), (coverages, expected_coverage(reals, fakes, 3))):
        values = torch.tensor(values)
        assert values.mean().item() == pytest.approx(expected, abs=4 * values.std().item() / 400**0.5)


def test_one_real_sample_far_off_changes_neither(random):
    # Its ball reaches over all other real samples, and makes every generated sample precise (figure 4 of the paper).
    real, fake = torch.randn(200, 2, generator=random), 30 + torch.randn(200, 2, generator=random)
    result = density_coverage(torch.cat((real, torch.tensor([[40.0, 40.0]]))), fake)
    assert result.density <= 1 / 5
    assert result.coverage < 0.01


def test_crowding_in_one_mode_keeps_the_density_and_costs_coverage(random):
    modes = torch.tensor([[0.0, 0.0], [100.0, 0.0]])
    real = modes.repeat(100, 1) + torch.randn(200, 2, generator=random)
    fake = torch.randn(200, 2, generator=random)
    result = density_coverage(real, fake)
    assert result.density > 0.8
    assert result.coverage == pytest.approx(0.5, abs=0.02)


def test_metric_gives_both_values(random):
    real, fake = torch.randn(50, 4, generator=random), torch.randn(40, 4, generator=random)
    density, coverage = DC(k=2).measure(
        MetricInputs(SampleStatistics(50, features=real), SampleStatistics(40, features=fake))
    )
    result = density_coverage(real, fake, 2)
    assert (density.name, density.value, density.deviation) == ("density", result.density, result.density_error)
    assert (coverage.name, coverage.value, coverage.deviation) == ("coverage", result.coverage, None)
    assert coverage.how == f"k = 2; {expected_coverage(50, 40, 2):.3f} is as good as real"


def test_too_few_samples_are_refused():
    with pytest.raises(MetricError, match="density and coverage with k = 5: 5 real samples are too few"):
        density_coverage(torch.zeros(5, 2), torch.zeros(9, 2))
    with pytest.raises(MetricError, match="0 fake samples are too few"):
        density_coverage(torch.zeros(9, 2), torch.zeros(0, 2))


def test_features_that_are_not_finite_are_refused():
    with pytest.raises(MetricError, match="9 of 9 real samples have features that are not finite"):
        density_coverage(torch.full((9, 2), torch.inf), torch.zeros(9, 2))


def test_no_neighbours_are_refused():
    with pytest.raises(MetricError, match="got k = 0"):
        density_coverage(torch.zeros(9, 2), torch.zeros(9, 2), k=0)
