"""The Fréchet distance within each class, which is sensitive to confused classes."""

from typing import ClassVar

import torch
from torch import Tensor

from sparring.direction import ScoreDirection
from sparring.errors import MetricError
from sparring.metrics.frechet import frechet_distance_of_features
from sparring.metrics.metric import Metric, MetricInputs, Need, Value, check_features


def class_frechet_distances(
    real: Tensor, real_labels: Tensor, fake: Tensor, fake_labels: Tensor, classes: tuple[str, ...] = ()
) -> dict[int, float]:
    """Returns, by label, the Fréchet distance between `real` [N, d] and `fake` [M, d] of each class.

    Their mean is intra-FID (Miyato & Koyama 2018, section 4). With few samples per class every distance is
    too large (see `frechet_distance`): compare at equal counts per class; published values use 5,000 generated ones.

    Args:
        real: features.
        real_labels: int64 [N].
        fake: features.
        fake_labels: int64 [M].
        classes: names for messages, by label; by default the label.

    Raises:
        MetricError: labels do not match their samples, or a class has fewer than 2 samples in one of the sets.

    >>> features, labels = torch.tensor([[0.0], [2.0], [5.0], [7.0]]), torch.tensor([0, 0, 1, 1])
    >>> class_frechet_distances(features, labels, features + 3 * labels[:, None], labels)
    {0: 0.0, 1: 9.0}
    """
    check_features("ClassFD", 2, real=real, generated=fake)
    for name, rows, labels in (("real", real, real_labels), ("generated", fake, fake_labels)):
        if labels.shape != rows.shape[:1]:
            raise MetricError(f"ClassFD: {name} labels {tuple(labels.shape)} for {len(rows)} samples; needs one each")
    distances = {}
    for label in torch.unique(torch.cat((real_labels, fake_labels))).tolist():
        pair = {"real": real[real_labels == label], "generated": fake[fake_labels == label]}
        for name, rows in pair.items():
            if len(rows) < 2:
                raise MetricError(
                    f"ClassFD: {len(rows)} {name} samples of class {_name(label, classes)} are too few; "
                    "needs at least 2 of every class, and hundreds for a meaningful distance"
                )
        distances[label] = frechet_distance_of_features(pair["real"], pair["generated"])
    return distances


class ClassFD(Metric):
    """The mean over classes of the Fréchet distance within a class (intra-FID, Miyato & Koyama 2018).

    It detects samples of the wrong class and collapsed classes, which one distance over all samples misses.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"features", "labels"})
    directions: ClassVar[dict[str, ScoreDirection]] = {"ClassFD": "lower"}

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the mean, and names the worst class."""
        real, fake = inputs.real, inputs.fake
        if real.labels is None or fake.labels is None:
            missing = "real" if real.labels is None else "generated"
            raise MetricError(f"ClassFD: the {missing} samples have no labels; needs classes on both sides, or use FD")
        distances = class_frechet_distances(real.features, real.labels, fake.features, fake.labels, inputs.classes)
        worst = max(distances, key=distances.__getitem__)
        fewest = int(torch.unique(fake.labels, return_counts=True)[1].min())
        how = (
            f"mean of {len(distances)} classes of at least {fewest} samples; "
            f"worst: {_name(worst, inputs.classes)} {distances[worst]:.4g}"
        )
        return (Value("ClassFD", sum(distances.values()) / len(distances), None, how),)


def _name(label: int, classes: tuple[str, ...]) -> str:
    return classes[label] if 0 <= label < len(classes) else str(label)
