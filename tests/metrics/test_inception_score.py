"""The inception score: its bounds, its closed forms, its published splits."""

import math

import pytest
import torch

from sparring.errors import MetricError
from sparring.metrics.inception_score import IS, inception_score
from sparring.metrics.metric import MetricInputs, SampleStatistics


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


def by_definition(logits, splits):
    scores = []
    for split in range(splits):
        part = logits[split * len(logits) // splits : (split + 1) * len(logits) // splits]
        each = torch.softmax(part.double(), 1)
        scores.append(math.exp(sum(float((p * (p / each.mean(0)).log()).sum()) for p in each) / len(part)))
    mean = sum(scores) / splits
    return mean, math.sqrt(sum((score - mean) ** 2 for score in scores) / splits)


def test_predictions_that_are_all_alike_score_one(random):
    logits = torch.randn(1, 7, generator=random).repeat(50, 1)
    assert inception_score(logits) == pytest.approx((1.0, 0.0), abs=1e-12)


def test_certain_predictions_score_their_count_of_classes():
    logits = 1e4 * torch.eye(7).repeat(20, 1)
    assert inception_score(logits, splits=4) == pytest.approx((7.0, 0.0))


def test_two_certain_classes_score_the_exponential_of_their_entropy():
    logits = 1e4 * torch.eye(2)[[0, 0, 0, 1]]
    entropy = -0.75 * math.log(0.75) - 0.25 * math.log(0.25)
    assert inception_score(logits, splits=1)[0] == pytest.approx(math.exp(entropy))


@pytest.mark.parametrize(("count", "splits"), [(40, 10), (43, 10), (7, 7), (30, 1)])
def test_mean_and_deviation_are_those_of_the_definition_over_published_splits(random, count, splits):
    logits = 3 * torch.randn(count, 5, generator=random)
    assert inception_score(logits, splits) == pytest.approx(by_definition(logits, splits), abs=1e-12)


def test_a_constant_added_to_a_samples_logits_changes_nothing(random):
    logits = torch.randn(30, 5, generator=random, dtype=torch.float64)
    shifted = logits + 1e3 * torch.randn(30, 1, generator=random, dtype=torch.float64)
    assert inception_score(shifted) == pytest.approx(inception_score(logits), rel=1e-10)


def test_samples_sorted_by_class_score_lower():
    logits = 1e4 * torch.eye(10).repeat(10, 1)
    assert inception_score(logits)[0] == pytest.approx(10.0)
    assert inception_score(logits.T.reshape(10, 10, 10).flatten(0, 1).sort(0).values)[0] < 10.0


def test_the_metric_looks_at_generated_samples_only(random):
    logits = torch.randn(40, 5, generator=random)
    (value,) = IS(splits=4).measure(MetricInputs(SampleStatistics(0), SampleStatistics(40, logits=logits)))
    order = torch.randperm(40, generator=torch.Generator().manual_seed(0))  # folders come class by class
    assert (value.value, value.deviation) == inception_score(logits[order], 4)
    assert value.how == "40 samples, shuffled, in 4 splits"


def test_one_split_has_no_deviation(random):
    (value,) = IS(splits=1).measure(
        MetricInputs(SampleStatistics(0), SampleStatistics(9, logits=torch.randn(9, 5, generator=random)))
    )
    assert value.deviation is None


def test_fewer_samples_than_splits_are_refused():
    with pytest.raises(MetricError, match="IS in 10 splits: 9 generated samples are too few"):
        inception_score(torch.zeros(9, 5))


def test_a_backbone_without_classes_is_refused():
    with pytest.raises(MetricError, match="has no classes"):
        inception_score(torch.zeros(20, 0))


def test_no_splits_are_refused():
    with pytest.raises(MetricError, match="splits=0"):
        inception_score(torch.zeros(20, 5), splits=0)


def test_logits_that_are_not_finite_are_refused():
    with pytest.raises(MetricError, match="20 of 20 generated samples"):
        inception_score(torch.full((20, 5), math.inf))
