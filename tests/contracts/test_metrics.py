"""What holds for every metric: the names it gives, its needs, its determinism, and its errors for bad samples."""

from dataclasses import replace
from functools import cache
from math import isfinite

import pytest
import torch

from sparring.errors import MetricError
from sparring.metrics.metric import Metric, MetricInputs, SampleStatistics, Value
from sparring.metrics.statistics.accumulators import Moments
from sparring.spec import Spec

COUNT, SIZE, CLASSES = 120, 6, 3
KEPT = ("features", "logits", "images", "labels")
EQUIVARIANCE = {kind: {"count": 16} for kind in ("EQT", "EQTFrac", "EQR")}
FIELDS = {"NDB": {"bins": 5}, **EQUIVARIANCE}
METRICS = [member.read(FIELDS.get(kind, {})) for kind, member in Metric.members.items()]


class Holder(Spec):
    metrics: tuple[Metric, ...]


def gathered(seed: int, shift: float = 0.0, count: int = COUNT, size: int = 32) -> SampleStatistics:
    random = torch.Generator().manual_seed(seed)
    features = torch.randn(count, SIZE, generator=random) + shift
    images = torch.randint(0, 256, (count, 1, size, size), generator=random, dtype=torch.uint8)
    labels = torch.arange(count) % CLASSES
    return of_features(features, torch.randn(count, 4, generator=random), images, labels)


def of_features(features, logits, images, labels) -> SampleStatistics:
    folds = [Moments() for _ in range(5)]
    for index, fold in enumerate(folds):
        fold.update(features[index::5])
    return SampleStatistics(len(features), tuple(folds), features, logits, images, labels)


class Pixels:
    """A generator whose images are its latents, in every space, and show the same however they are moved."""

    spherical = True

    def space(self, name):
        return self

    def generate_transformed(self, transform, seed, count):
        return self.generate(self.draw_ends(count * 4, seed)[0], None).view(count, 1, 64, 64)

    def draw_ends(self, count, seed):
        random = torch.Generator().manual_seed(seed)
        return *torch.randn(2, count, 1024, generator=random), None

    def generate(self, latents, classes):
        return latents.reshape(-1, 1, 32, 32).tanh()


def evidence_for(metric: Metric, fake: SampleStatistics | None = None) -> MetricInputs:
    real = gathered(0)
    if metric.kind() == "SIFD":  # its reference is one image
        real = replace(real, count=1, images=real.images[:1])
    return MetricInputs(
        real=real,
        fake=fake or gathered(1, shift=0.5),
        seed=3,
        classes=("a", "b", "c"),
        perceptual=lambda one, other: (one - other).square().flatten(1).mean(1),
        maps=lambda images: torch.cat([images[:, :, ::2, ::2], images[:, :, 1::2, ::2]], 1),
        generator=Pixels(),
    )


@pytest.fixture(params=METRICS, ids=[metric.kind() for metric in METRICS])
def metric(request) -> Metric:
    return request.param


@cache
def measured(metric: Metric) -> list[Value]:
    return list(metric.measure(evidence_for(metric)))


def test_a_metric_gives_the_values_that_it_promises(metric):
    values = measured(metric)
    assert [value.name for value in values] == list(metric.directions)
    assert all(isfinite(value.value) for value in values)
    assert all(value.deviation is None or value.deviation >= 0 for value in values)


def test_a_metric_gives_the_same_again(metric):
    assert list(metric.measure(evidence_for(metric))) == measured(metric)


def test_a_metric_survives_yaml(metric):
    assert Holder.from_yaml(Holder(metrics=(metric,)).to_yaml()) == Holder(metrics=(metric,))


def test_a_metric_leaves_the_samples_and_the_callers_random_state_alone(metric):
    inputs, state = evidence_for(metric), torch.random.get_rng_state()
    held = [inputs.fake.features, inputs.real.features, inputs.fake.images, inputs.fake.folds[0].scatter]
    before = [tensor.clone() for tensor in held]
    metric.measure(inputs)
    assert all(tensor.equal(copy) for tensor, copy in zip(held, before, strict=True))
    assert torch.random.get_rng_state().equal(state)


def test_a_metric_needs_no_more_than_it_says(metric):
    full = evidence_for(metric)

    def only(statistics: SampleStatistics) -> SampleStatistics:
        return SampleStatistics(
            count=statistics.count,
            folds=statistics.folds if "moments" in metric.needs else (),
            **{
                name: getattr(statistics, name)
                for name in ("features", "logits", "images", "labels")
                if name in metric.needs
            },
        )

    real = only(full.real) if metric.reference_needs else SampleStatistics(full.real.count)
    spare = replace(
        full,
        real=real,
        fake=only(full.fake),
        perceptual=full.perceptual if "perceptual" in metric.needs else None,
        maps=full.maps if "maps" in metric.needs else None,
        generator=full.generator if "generator" in metric.needs else None,
    )
    assert [value.name for value in metric.measure(spare)] == list(metric.directions)


def test_no_samples_are_refused_in_a_sentence(metric):
    if metric.needs <= {"perceptual", "generator"}:
        pytest.skip("draws its own samples")
    with pytest.raises(MetricError):
        metric.measure(evidence_for(metric, gathered(1, count=0)))


def test_features_that_are_not_finite_are_refused(metric):
    if not metric.needs & {"moments", "features", "logits"}:
        pytest.skip("does not look at features")
    fake = gathered(1)
    fake.features[7, 2] = fake.logits[7, 2] = float("nan")
    with pytest.raises(MetricError):
        metric.measure(evidence_for(metric, of_features(fake.features, fake.logits, fake.images, fake.labels)))


def test_labels_that_a_metric_needs_are_missed_in_a_sentence(metric):
    if "labels" not in metric.needs or metric.kind() == "MSSSIM":
        pytest.skip("needs no labels, or can do without")
    with pytest.raises(MetricError, match="labels"):
        metric.measure(evidence_for(metric, replace(gathered(1), labels=None)))
