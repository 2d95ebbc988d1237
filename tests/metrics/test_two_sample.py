"""Two-sample tests of equal sets, of different ones and of copies."""

import math
import sys
from importlib.util import find_spec

import pytest
import torch

from sparring.errors import MetricError, MissingExtraError
from sparring.metrics.metric import MetricInputs, SampleStatistics
from sparring.metrics.two_sample import C2ST, NearestNeighbourAccuracy, classifier_test, neighbour_test

needs_sklearn = pytest.mark.skipif(find_spec("sklearn") is None, reason="scikit-learn is not installed")


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


def normal(count, random, size=3, shift=0.0):
    return shift + torch.randn(count, size, generator=random)


def inputs(real, fake, seed=0):
    return MetricInputs(SampleStatistics(len(real), features=real), SampleStatistics(len(fake), features=fake), seed)


@needs_sklearn
def test_sets_of_one_distribution_are_told_apart_by_chance_and_p_is_uniform(random):
    result = [classifier_test(normal(100, random), normal(100, random)) for _ in range(100)]
    accuracies, p = torch.tensor([(test.accuracy, test.p) for test in result]).T
    assert float(accuracies.mean()) == pytest.approx(0.5, abs=0.015)
    assert float(accuracies.std()) == pytest.approx(0.5 / math.sqrt(100), rel=0.25)
    assert float(p.mean()) == pytest.approx(0.5, abs=0.12)
    assert 0 < int((p < 0.2).sum()) < 40


@needs_sklearn
def test_a_linear_classifier_tells_shifted_normals_apart_as_well_as_can_be(random):
    # The best classifier's accuracy is Φ(shift · √d / 2).
    test = classifier_test(normal(4000, random), normal(4000, random, shift=0.5))
    best = 0.5 * (1 + math.erf(0.5 * math.sqrt(3) / 2 / math.sqrt(2)))
    assert test.accuracy == pytest.approx(best, abs=3 * 0.5 / math.sqrt(test.held_out))
    assert test.p < 1e-10


@needs_sklearn
def test_p_is_the_normal_tail_of_the_accuracy(random):
    test = classifier_test(normal(51, random), normal(90, random, shift=0.2))
    assert test.held_out == 52
    tail = 1 - torch.distributions.Normal(0.5, 0.5 / math.sqrt(52)).cdf(torch.tensor(test.accuracy))
    assert test.p == pytest.approx(float(tail), abs=1e-6)


@needs_sklearn
def test_sets_far_apart_are_always_told_apart_on_any_scale(random):
    assert classifier_test(1e6 * normal(50, random), 1e6 * normal(50, random, shift=20)).accuracy == 1.0


@needs_sklearn
def test_a_feature_that_never_varies_does_no_harm(random):
    real, fake = (torch.cat((normal(50, random), torch.full((50, 1), 7.0)), 1) for _ in range(2))
    assert 0.2 < classifier_test(real, fake).accuracy < 0.8


@needs_sklearn
def test_the_classifier_metric_reports_p_and_a_deviation(random):
    real, fake = normal(60, random), normal(50, random)
    (value,) = C2ST().measure(inputs(real, fake, seed=4))
    test = classifier_test(real, fake, seed=4)
    assert value.value == test.accuracy
    assert value.deviation == pytest.approx(math.sqrt(test.accuracy * (1 - test.accuracy) / 50))
    assert value.how.startswith(f"50 held-out samples, p = {test.p:.2g}")


def test_a_missing_scikit_learn_is_named_with_its_remedy(random, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    with pytest.raises(MissingExtraError, match="pip install"):
        classifier_test(normal(20, random), normal(20, random))


def test_few_samples_for_a_classifier_are_refused(random):
    with pytest.raises(MetricError, match="9 fake samples are too few"):
        classifier_test(normal(20, random), normal(9, random))


def neighbours_by_pairs(real, fake):
    rows = torch.cat((real, fake)).double()
    distances = torch.cdist(rows, rows, compute_mode="donot_use_mm_for_euclid_dist").fill_diagonal_(math.inf)
    own = (distances.argmin(1) < len(real)) == (torch.arange(len(rows)) < len(real))
    return float(own[: len(real)].double().mean()), float(own[len(real) :].double().mean())


@pytest.mark.parametrize(("count", "size"), [(50, 3), (1500, 2), (300, 200)])
def test_neighbours_are_those_of_all_pairs(random, count, size):
    real, fake = normal(count, random, size), normal(count, random, size, shift=0.1)
    test = neighbour_test(real, fake)
    assert (test.real, test.fake) == neighbours_by_pairs(real, fake)


def test_neighbours_of_one_distribution_are_of_either_set(random):
    test = neighbour_test(normal(2000, random), normal(2000, random))
    assert test.accuracy == pytest.approx(0.5, abs=0.03)


def test_copies_of_the_real_samples_are_never_told_apart(random):
    real = normal(100, random)
    for size in (1, 100):  # products in float64, in float32
        copied = real.repeat(1, size)
        assert neighbour_test(copied, copied.clone()).accuracy == 0.0


def test_a_collapsed_generator_has_real_samples_near_fake_ones_only(random):
    test = neighbour_test(normal(500, random, 50), 0.1 * normal(500, random, 50))
    assert test.real < 0.05
    assert test.fake > 0.95


def test_samples_as_near_to_either_set_count_half():
    same = torch.zeros(6, 2)
    assert neighbour_test(same, same).accuracy == 0.5


def test_the_larger_set_is_thinned_by_the_seed(random):
    real, fake = normal(300, random), normal(40, random)
    assert neighbour_test(real, fake, 1) == neighbour_test(real, fake, 1)
    assert neighbour_test(real, fake, 1) != neighbour_test(real, fake, 2)
    assert neighbour_test(real, fake).accuracy == pytest.approx(0.5, abs=0.2)


def test_the_neighbour_metric_reports_all_and_both_parts(random):
    real, fake = normal(60, random), normal(50, random, shift=1.0)
    values = NearestNeighbourAccuracy().measure(inputs(real, fake, seed=2))
    test = neighbour_test(real, fake, 2)
    assert [value.value for value in values] == [test.accuracy, test.real, test.fake]
    assert [value.name for value in values] == list(NearestNeighbourAccuracy.directions)


def test_a_single_sample_has_no_neighbours():
    with pytest.raises(MetricError, match="1 real samples are too few"):
        neighbour_test(torch.zeros(1, 2), torch.zeros(3, 2))
