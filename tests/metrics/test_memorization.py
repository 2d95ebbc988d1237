"""Scores that detect a generator that copies its training samples."""

import math

import pytest
import torch

from sparring.errors import MetricError
from sparring.metrics import memorization
from sparring.metrics.frechet import frechet_distance
from sparring.metrics.memorization import (
    Authenticity,
    MiFD,
    authenticity,
    memorization_distance,
    memorization_informed,
)
from sparring.metrics.metric import MetricInputs, SampleStatistics
from sparring.metrics.statistics.accumulators import Moments


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


def observed(features):
    moments = Moments()
    moments.update(features)
    return SampleStatistics(len(features), folds=(moments,), features=features)


@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
def test_distance_is_the_mean_of_the_least_over_all_pairs(random, monkeypatch, kind):
    monkeypatch.setattr(memorization, "_AT_ONCE", 16)
    real, fake = (torch.randn(count, 30, generator=random, dtype=kind) for count in (50, 40))
    norms = real.double().norm(dim=1)[:, None] * fake.double().norm(dim=1)
    cosines = (real.double() @ fake.double().T) / norms
    expected = (1 - cosines.abs()).amin(0).mean().item()
    assert memorization_distance(real, fake) == pytest.approx(expected, rel=1e-12)


def test_copies_have_no_distance_whatever_their_scale_and_sign(random):
    real = torch.randn(40, 700, generator=random)
    scales = torch.randn(40, 1, generator=random)
    assert memorization_distance(real, scales * real) < 1e-12


def test_features_without_a_direction_are_far_from_everything():
    assert memorization_distance(torch.ones(3, 4), torch.zeros(2, 4)) == 1.0
    assert memorization_distance(torch.zeros(3, 4), torch.ones(2, 4)) == 1.0


def test_rule_divides_below_the_threshold_only():
    assert memorization_informed(30.0, 0.1) == 30.0
    assert memorization_informed(30.0, 0.0999) == pytest.approx(30.0 / 0.0999)
    assert memorization_informed(30.0, 0.04, threshold=0.03) == 30.0


def test_copies_have_a_huge_score_that_is_finite():
    assert math.isfinite(memorization_informed(1e-3, 0.0))
    assert memorization_informed(1e-3, 0.0) > 1e10


def test_metric_divides_the_frechet_distance_for_copies_and_leaves_it_for_others(random):
    real = torch.randn(60, 8, generator=random)
    copies, others = real + 0.1 * torch.randn(60, 8, generator=random), torch.randn(60, 8, generator=random)
    for fake, is_copied in ((copies, True), (others, False)):
        inputs = MetricInputs(observed(real), observed(fake))
        informed, distance = MiFD().measure(inputs)
        plain = frechet_distance(inputs.real.moments, inputs.fake.moments)
        assert distance.value == memorization_distance(real, fake)
        assert (distance.value < 0.1) == is_copied
        assert informed.value == pytest.approx(plain / distance.value if is_copied else plain)
        assert informed.how.startswith("divided by" if is_copied else "not divided")


@pytest.mark.parametrize(("dimensions", "expected"), [(1, 1 / 3), (2, 0.3785)])
def test_samples_of_one_distribution_are_as_authentic_as_neighbours_are_mutual(random, dimensions, expected):
    # In a Poisson process two nearest neighbours are each other's with probability 2/3 on a line, and
    # 6π / (8π + 3√3) = .6215 in the plane; every sample is one more trial, whatever the count of generated ones.
    # Trials share the real samples, so that shares vary more than binomially.
    real, fake = (torch.rand(count, dimensions, generator=random) for count in (4000, 4000))
    assert authenticity(real, fake) == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("dimensions", [3, 300])
def test_copies_are_not_authentic_even_of_real_samples_that_are_copies(random, dimensions):
    real = torch.randn(30, dimensions, generator=random)
    assert authenticity(real, real) == 0.0
    assert authenticity(real.repeat(2, 1), real) == 0.0


def test_noise_around_training_samples_is_not_authentic_and_samples_far_from_all_are(random):
    real = torch.randn(200, 10, generator=random)
    assert authenticity(real, real + 0.01 * torch.randn(200, 10, generator=random)) == 0.0
    assert authenticity(real, real + 100) == 1.0


def test_metric_gives_the_share_with_its_standard_error(random):
    real, fake = torch.randn(100, 3, generator=random), torch.randn(80, 3, generator=random)
    (value,) = Authenticity().measure(MetricInputs(observed(real), observed(fake)))
    assert value.value == authenticity(real, fake)
    assert value.deviation == pytest.approx(math.sqrt(value.value * (1 - value.value) / 80))


def test_sets_that_are_too_small_are_refused():
    with pytest.raises(MetricError, match="authenticity with k = 1: 1 real samples are too few"):
        authenticity(torch.zeros(1, 2), torch.zeros(3, 2))
    with pytest.raises(MetricError, match="memorization distance: 0 fake samples are too few"):
        memorization_distance(torch.zeros(1, 2), torch.zeros(0, 2))


@pytest.mark.parametrize("score", [authenticity, memorization_distance])
def test_features_that_are_not_finite_are_refused(score):
    with pytest.raises(MetricError, match="4 of 4 fake samples have features that are not finite"):
        score(torch.zeros(5, 2), torch.full((4, 2), torch.nan))


@pytest.mark.parametrize("score", [authenticity, memorization_distance])
def test_features_of_two_backbones_are_refused(score):
    with pytest.raises(MetricError, match="features differ in size"):
        score(torch.zeros(5, 2), torch.zeros(4, 3))
