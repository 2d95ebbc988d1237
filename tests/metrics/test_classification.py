"""The classification accuracy score: perfect, poor and incomplete generators."""

import math

import pytest
import torch

from sparring.errors import MetricError
from sparring.metrics.classification import CAS, classification_accuracy
from sparring.metrics.metric import MetricInputs, SampleStatistics

pytest.importorskip("sklearn")


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


def clusters(count, random, classes=4, spread=0.7, center=2.0):
    """Samples around far-apart places, one for each class, and their classes."""
    labels = torch.arange(count) % classes
    return center * torch.eye(classes)[labels] + spread * torch.randn(count, classes, generator=random), labels


def test_samples_of_the_real_distribution_teach_as_much_as_real_ones(random):
    result = classification_accuracy(*clusters(2000, random), *clusters(1000, random))
    assert result.accuracy == pytest.approx(result.ceiling, abs=0.03)
    assert 0.9 < result.ceiling < 1.0
    assert (result.fitted, result.tested) == (1000, 1000)


def test_samples_of_wrong_classes_teach_nothing(random):
    fake, labels = clusters(1000, random)
    result = classification_accuracy(*clusters(1000, random), fake, (labels + 1) % 4)
    assert result.accuracy < 0.05
    assert result.ceiling > 0.9


def test_both_fits_take_equally_many_samples(random):
    for generated, fitted in ((100, 100), (5000, 200)):
        assert classification_accuracy(*clusters(400, random), *clusters(generated, random)).fitted == fitted


def test_classes_are_halved_one_by_one_even_when_rare(random):
    real, labels = clusters(400, random)
    kept = (labels != 3) | (labels.eq(3).cumsum(0) <= 2)
    result = classification_accuracy(real[kept], labels[kept], *clusters(400, random))
    assert result.tested == 151


def test_classes_may_have_any_numbers_and_come_in_any_order(random):
    real, labels = clusters(400, random)
    fake, fake_labels = clusters(400, random)
    names, order = torch.tensor([7, 3, 100, 12]), torch.randperm(400, generator=random)
    assert classification_accuracy(real, names[labels], fake[order], names[fake_labels][order]).accuracy > 0.9


def test_the_metric_is_the_function_beside_its_ceiling(random):
    (real, labels), (fake, fake_labels) = clusters(300, random), clusters(200, random)
    inputs = MetricInputs(
        SampleStatistics(300, features=real, labels=labels), SampleStatistics(200, features=fake, labels=fake_labels), 5
    )
    score, ceiling = CAS().measure(inputs)
    result = classification_accuracy(real, labels, fake, fake_labels, seed=5)
    assert (score.value, ceiling.value) == (result.accuracy, result.ceiling)
    assert score.deviation == pytest.approx(math.sqrt(result.accuracy * (1 - result.accuracy) / 150))
    assert "fit to 150 generated samples" in score.how
    assert "fit to 150 real samples" in ceiling.how


def test_samples_without_labels_are_refused(random):
    real, labels = clusters(30, random)
    bare, labelled = SampleStatistics(30, features=real), SampleStatistics(30, features=real, labels=labels)
    for inputs, name in ((MetricInputs(labelled, bare), "generated"), (MetricInputs(bare, labelled), "real")):
        with pytest.raises(MetricError, match=f"the {name} samples have no labels"):
            CAS().measure(inputs)


def test_a_class_that_one_set_lacks_is_named(random):
    real, labels = clusters(40, random)
    with pytest.raises(MetricError, match=r"real samples only: \[3\], in the generated only: \[\]"):
        classification_accuracy(real, labels, real[labels < 3], labels[labels < 3])


def test_a_single_class_is_refused(random):
    real = torch.randn(30, 2, generator=random)
    with pytest.raises(MetricError, match="at least two classes"):
        classification_accuracy(real, torch.zeros(30).long(), real, torch.zeros(30).long())


def test_a_class_of_one_real_sample_is_refused(random):
    fake, fake_labels = clusters(40, random)
    with pytest.raises(MetricError, match="two real samples of each"):
        classification_accuracy(fake[:5], fake_labels[:5], fake, fake_labels)


def test_a_class_lost_to_the_smaller_count_is_an_error(random):
    real, labels = clusters(8, random)
    fake, fake_labels = clusters(400, random)
    kept = (fake_labels == 0) | (torch.arange(400) < 4)
    with pytest.raises(MetricError, match="of 4 generated samples to fit, some class has none"):
        classification_accuracy(real, labels, fake[kept], fake_labels[kept])


def test_labels_of_another_count_are_refused(random):
    real, labels = clusters(40, random)
    with pytest.raises(MetricError, match=r"labels \(39,\) of 40 generated samples"):
        classification_accuracy(real, labels, real, labels[1:])
