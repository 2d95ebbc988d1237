"""The classification accuracy score: what generated samples teach a classifier about real ones."""

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
    """Accuracy on `tested` real samples after `fitted` generated ones, and, the `ceiling`, after as many real ones."""

    accuracy: float
    ceiling: float
    fitted: int
    tested: int


def classification_accuracy(
    real: Tensor, real_labels: Tensor, fake: Tensor, fake_labels: Tensor, seed: int = 0
) -> ClassificationAccuracy:
    """Returns how well a classifier that saw only `fake` [M, d] with `fake_labels` [M] knows `real` [N, d] ones.

    The published score trains a residual network on pixels (Ravuri & Vinyals 2019). Here a linear classifier is fit
    to features, which takes seconds; the two are not to be compared. What to compare with is the ceiling: the real
    samples are halved by `seed`, class by class; one half tests, and the other fits the same classifier. Both fits
    take equally many samples, as many as the smaller of the two sources has, so that count gives neither an advantage.

    Raises:
        MetricError: a class of one set is missing in the other, there is one class only, a class has a single real
            sample or none to fit, labels and samples differ in number, or features are unfit.
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
            raise MetricError(f"CAS: of {count} {name} samples to fit, none is of some class; take more of both sets")

    def accuracy(features: Tensor, labels: Tensor) -> float:
        guesses = fit_and_predict(features, labels, real[testing])
        return float((guesses == real_labels[testing].cpu()).double().mean())

    taught = accuracy(fake[generated], fake_labels[generated])
    return ClassificationAccuracy(taught, accuracy(real[fitting], real_labels[fitting]), count, len(testing))


class CAS(Metric):
    """Accuracy on real samples of a linear classifier of features that was fit to generated ones with their classes.

    After Ravuri & Vinyals 2019, who train a network on pixels. `CAS-real` is the ceiling: the same, fit to as many
    real samples. Generated samples of poor variety, or of the wrong class, teach less than that.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"features", "labels"})
    directions: ClassVar[dict[str, ScoreDirection]] = {"CAS": "higher", "CAS-real": "real"}

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the accuracy after generated and after real samples, with binomial deviations."""
        real, fake = inputs.real, inputs.fake
        real_labels, fake_labels = _labels(real, "real"), _labels(fake, "generated")
        found = classification_accuracy(real.features, real_labels, fake.features, fake_labels, inputs.seed)
        how = f"linear classifier of features, fit to {found.fitted} {{}} samples, tested on {found.tested} real ones"

        def value(name: str, accuracy: float, source: str) -> Value:
            return Value(name, accuracy, standard_error(accuracy, found.tested), how.format(source))

        return value("CAS", found.accuracy, "generated"), value("CAS-real", found.ceiling, "real")


def _labels(statistics: SampleStatistics, name: str) -> Tensor:
    if statistics.labels is None:
        raise MetricError(
            f"CAS: the {name} samples have no labels; it needs a labelled set and a conditional generator"
        )
    return statistics.labels


def _by_class(labels: Tensor, random: torch.Generator) -> Tensor:
    """Returns indices [N], shuffled, then sorted by class: every second of them is half of each class."""
    shuffled = torch.randperm(len(labels), generator=random)
    return shuffled[labels.cpu()[shuffled].argsort(stable=True)]


def _thinned(indices: Tensor, count: int) -> Tensor:
    """Returns `count` of `indices` at even steps, which keeps the shares of the classes."""
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
