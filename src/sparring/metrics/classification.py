"""The classification accuracy score: trains a classifier on generated samples and tests it on real ones."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from sparring.direction import ScoreDirection
from sparring.errors import MetricError
from sparring.metrics.metric import Metric, MetricInputs, Need, SampleStatistics, Value, check_features
from sparring.metrics.precision_recall import standard_error
from sparring.metrics.statistics.linear_classifier import fit_and_predict


@dataclass(frozen=True)
class ClassificationAccuracy:
    """Accuracy on `tested` real samples after training on `fitted` generated ones; `ceiling`: on as many real ones."""

    accuracy: float
    ceiling: float
    fitted: int
    tested: int


def classification_accuracy(
    real: Tensor, real_labels: Tensor, fake: Tensor, fake_labels: Tensor, seed: int = 0
) -> ClassificationAccuracy:
    """Returns the accuracy on `real` [N, d] of a classifier trained on `fake` [M, d] with `fake_labels` [M].

    The published score trains a residual network on pixels (Ravuri & Vinyals 2019). Here a linear classifier is fitted
    to features, which takes seconds; the two are not comparable. Compare with the ceiling: the real samples are halved
    by `seed`, class by class; one half is tested, and the other trains the same classifier. Both classifiers are
    fitted to the same number of samples, that of the smaller set.

    Raises:
        MetricError: a class of one set is missing in the other, there is only one class, a class has a single real
            sample or none to fit, labels and samples differ in number, or features are invalid.
        MissingExtraError: scikit-learn is not installed.
    """
    check_features("CAS", 2, real=real, fake=fake)
    _check_labels(real, real_labels, fake, fake_labels)
    random = torch.Generator().manual_seed(seed)
    halves = _by_class(real_labels, random)
    fitting, testing = halves[::2], halves[1::2]
    count = min(len(fitting), len(fake))
    fitting, generated = _thinned(fitting, count), _thinned(_by_class(fake_labels, random), count)
    for name, labels in (("real", real_labels[fitting]), ("generated", fake_labels[generated])):
        if len(torch.unique(labels)) < len(torch.unique(real_labels)):
            raise MetricError(f"CAS: of {count} {name} samples to fit, some class has none; use more of both sets")

    def accuracy(features: Tensor, labels: Tensor) -> float:
        guesses = fit_and_predict(features, labels, real[testing])
        return float((guesses == real_labels[testing].cpu()).double().mean())

    score = accuracy(fake[generated], fake_labels[generated])
    return ClassificationAccuracy(score, accuracy(real[fitting], real_labels[fitting]), count, len(testing))


class CAS(Metric):
    """Accuracy on real samples of a linear classifier of features trained on generated ones.

    After Ravuri & Vinyals 2019, who train a network on pixels. `CAS-real` is the ceiling: trained on as many real
    samples. Generated samples of little diversity, or of the wrong class, score lower.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"features", "labels"})
    directions: ClassVar[dict[str, ScoreDirection]] = {"CAS": "higher", "CAS-real": "real"}

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the accuracies after training on generated and on real samples, with binomial deviations."""
        real, fake = inputs.real, inputs.fake
        real_labels, fake_labels = _labels(real, "real"), _labels(fake, "generated")
        result = classification_accuracy(real.features, real_labels, fake.features, fake_labels, inputs.seed)
        how = f"linear classifier of features, fit to {result.fitted} {{}} samples, tested on {result.tested} real ones"

        def value(name: str, accuracy: float, source: str) -> Value:
            return Value(name, accuracy, standard_error(accuracy, result.tested), how.format(source))

        return value("CAS", result.accuracy, "generated"), value("CAS-real", result.ceiling, "real")


def _labels(statistics: SampleStatistics, name: str) -> Tensor:
    if statistics.labels is None:
        raise MetricError(
            f"CAS: the {name} samples have no labels; CAS needs a labelled set and a conditional generator"
        )
    return statistics.labels


def _by_class(labels: Tensor, random: torch.Generator) -> Tensor:
    """Returns indices [N], shuffled, then sorted by class: every second index is half of each class."""
    shuffled = torch.randperm(len(labels), generator=random)
    return shuffled[labels.cpu()[shuffled].argsort(stable=True)]


def _thinned(indices: Tensor, count: int) -> Tensor:
    """Returns `count` evenly spaced `indices`, which preserves the class shares."""
    return indices[torch.arange(count) * len(indices) // count]


def _check_labels(real: Tensor, real_labels: Tensor, fake: Tensor, fake_labels: Tensor) -> None:
    for name, rows, labels in (("real", real, real_labels), ("generated", fake, fake_labels)):
        if labels.shape != rows.shape[:1]:
            raise MetricError(f"CAS: labels {tuple(labels.shape)} of {len(rows)} {name} samples; needs one label each")
    classes, counts = torch.unique(real_labels, return_counts=True)
    known, generated = set(classes.tolist()), set(torch.unique(fake_labels).tolist())
    if known != generated:
        raise MetricError(
            f"CAS: classes in the real samples only: {sorted(known - generated)}, in the generated only: "
            f"{sorted(generated - known)}; both sets need samples of every class"
        )
    if len(known) < 2 or int(counts.min()) < 2:
        raise MetricError("CAS: needs at least two classes, and two real samples of each: one to fit, one to test")
