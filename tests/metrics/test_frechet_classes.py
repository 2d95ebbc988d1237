"""Distances within classes: what they are, what they see, and what they cannot do without."""

from dataclasses import replace

import pytest
import torch

from sparring.errors import MetricError
from sparring.metrics.frechet import frechet_distance_of_features
from sparring.metrics.frechet_classes import ClassFD, class_frechet_distances
from sparring.metrics.metric import MetricInputs, SampleStatistics


@pytest.fixture
def inputs():
    random = torch.Generator().manual_seed(0)
    labels = torch.arange(90) % 3
    real, fake = (torch.randn(90, 4, generator=random) + 3 * labels[:, None] for _ in range(2))
    return MetricInputs(
        SampleStatistics(90, features=real, labels=labels),
        SampleStatistics(90, features=fake, labels=labels),
        classes=("cat", "dog", "frog"),
    )


def test_each_class_is_compared_with_its_own(inputs):
    real, fake = inputs.real, inputs.fake
    result = class_frechet_distances(real.features, real.labels, fake.features, fake.labels)
    assert result == {
        label: frechet_distance_of_features(real.features[label::3], fake.features[label::3]) for label in range(3)
    }


def test_the_metric_is_the_mean_and_names_the_worst_class(inputs):
    inputs.fake.features[1::3] += 2
    (value,) = ClassFD().measure(inputs)
    real, fake = inputs.real, inputs.fake
    each = class_frechet_distances(real.features, real.labels, fake.features, fake.labels)
    assert value.value == pytest.approx(sum(each.values()) / 3)
    assert value.how == f"mean of 3 classes of at least 30 samples; worst: dog {each[1]:.4g}"


def test_classes_mixed_up_are_seen_where_the_distance_over_all_samples_sees_nothing(inputs):
    mixed = replace(inputs, fake=replace(inputs.fake, labels=(inputs.fake.labels + 1) % 3))
    assert ClassFD().measure(mixed)[0].value > 5 * ClassFD().measure(inputs)[0].value


def test_a_class_with_too_few_samples_is_named_with_their_count(inputs):
    labels = inputs.fake.labels.clone()
    labels[labels == 1] = 0
    labels[4] = 1
    with pytest.raises(MetricError, match="1 generated samples of class dog are too few"):
        ClassFD().measure(replace(inputs, fake=replace(inputs.fake, labels=labels)))
    with pytest.raises(MetricError, match="1 real samples of class dog are too few"):
        ClassFD().measure(replace(inputs, real=replace(inputs.real, labels=labels)))


def test_a_class_of_one_side_only_is_named_by_its_label_where_it_has_no_name(inputs):
    labels = inputs.fake.labels.clone()
    labels[0] = 5
    with pytest.raises(MetricError, match="0 real samples of class 5 are too few"):
        ClassFD().measure(replace(inputs, fake=replace(inputs.fake, labels=labels)))


@pytest.mark.parametrize(("side", "name"), [("real", "real"), ("fake", "generated")])
def test_missing_labels_are_missed(inputs, side, name):
    unlabelled = replace(getattr(inputs, side), labels=None)
    with pytest.raises(MetricError, match=f"the {name} samples have no labels"):
        ClassFD().measure(replace(inputs, **{side: unlabelled}))


def test_labels_that_do_not_fit_the_samples_are_refused(inputs):
    with pytest.raises(MetricError, match=r"generated labels \(7,\) for 90 samples"):
        ClassFD().measure(replace(inputs, fake=replace(inputs.fake, labels=torch.zeros(7, dtype=torch.int64))))
