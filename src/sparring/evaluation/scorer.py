"""Scores sets of samples against one reference, whose features are extracted once."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod

import torch
from torch import Tensor

from sparring.backbones import Backbone, Perceptual, find_backbone, find_perceptual
from sparring.direction import ScoreDirection
from sparring.errors import MetricError, SparringError
from sparring.evaluation.features import FeatureExtractor, Needs, gather, gather_cached
from sparring.evaluation.plan import EvaluationPlan
from sparring.evaluation.score import MetricScore
from sparring.evaluation.sets import SampleSet, check_alike
from sparring.metrics.metric import Metric, MetricInputs, SampleStatistics, Value
from sparring.tensors.compositing import composite
from sparring.version import __version__

_PICTURED, _KEPT = 2**30, 2**33
"""Limits in bytes on the images of both sets, to keep them for pictures and for metrics of images."""


@dataclass
class EvaluationResult:
    """The scores of an evaluation so far, the reasons of failed metrics by kind, and other `notes`."""

    inputs: MetricInputs
    notes: list[str] = field(default_factory=list)
    scores: list[MetricScore] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)

    def by_name(self) -> dict[str, float]:
        """Returns the values by name."""
        return {score.name: score.value for score in self.scores}


class Scorer:
    """Scores samples against `reference` according to `plan`.

    The constructor loads the networks: missing weights are reported before any sample is generated. `backbone`, any
    network of the user's, replaces the one in the plan.

    Raises:
        WeightsError, MissingExtraError: a network's weights are missing; the message says how to get them.
    """

    def __init__(
        self, plan: EvaluationPlan, reference: SampleSet, device: torch.device, backbone: Backbone | None = None
    ) -> None:
        self.plan = plan
        self.reference = reference
        self.notes: list[str] = []
        needs: Needs = frozenset().union(*(metric.needs for metric in plan.metrics))
        extracting = bool(needs & {"moments", "features", "logits", "maps"})
        self._bytes = (plan.count + reference.count) * prod(reference.shape)
        self.pictured = plan.pictures and extracting and self._bytes <= _PICTURED
        for_pictures: Needs = frozenset() if not self.pictured else frozenset({"features", "images"})
        excluded: Needs = frozenset({"images"} if not reference.is_images or self._bytes > _KEPT else ())
        self.needs = (needs | for_pictures) - excluded
        self.reference_needs = for_pictures.union(*(metric.reference_needs for metric in plan.metrics)) - excluded
        self.backbone = backbone
        if backbone:
            backbone.network.to(device)
        elif reference.is_images and extracting:
            self.backbone = find_backbone(plan.backbone, plan.weights, device)
        self.perceptual: Perceptual | None = None
        if reference.is_images and "perceptual" in needs:
            self.perceptual = find_perceptual(plan.perceptual, plan.perceptual_weights, device)
        self.extractor = FeatureExtractor(self.backbone, plan.resizer, device, plan.batch)

    @cached_property
    def real(self) -> SampleStatistics:
        """The reference's statistics, from the cache if they are there."""
        return gather_cached(self.reference, self.reference_needs, self.extractor, self.notes.append)

    def gather(self, samples: SampleSet) -> EvaluationResult:
        """Returns the metrics' inputs for `samples`, and no scores yet.

        Raises:
            MetricError: the two sets cannot be compared.
        """
        check_alike(samples, self.reference)
        fake = gather(samples, self.needs, self.extractor)
        if fake.labels is not None and set(samples.classes) == set(self.reference.classes):
            fake = replace(fake, labels=reindex_labels(fake.labels, samples.classes, self.reference.classes))
        return EvaluationResult(
            MetricInputs(
                real=self.real,
                fake=fake,
                seed=self.plan.seed,
                classes=self.reference.classes,
                perceptual=self._distance if self.perceptual else None,
                maps=self._maps if self.backbone else None,
                generator=samples.generator if "generator" in self.needs else None,
            ),
            notes=self.notes,
        )

    def score(self, samples: SampleSet, averaged: bool | None, result: EvaluationResult) -> Iterator[list[MetricScore]]:
        """Yields each metric's scores and adds them to `result`; a metric that fails is noted in `result.failures`."""
        for metric in self.plan.metrics:
            start = time.perf_counter()
            try:
                self._check(metric, samples)
                values = metric.measure(result.inputs)
            except SparringError as error:
                result.failures[metric.kind()] = str(error)
                continue
            except Exception as error:  # a failed metric must not affect the others
                result.failures[metric.kind()] = f"{type(error).__name__}: {error}"
                continue
            seconds = time.perf_counter() - start
            scores = [self._record(metric, value, samples, averaged, seconds) for value in values]
            result.scores += scores
            yield scores

    def score_all(self, samples: SampleSet, averaged: bool | None = None) -> EvaluationResult:
        """Returns the scores of `samples` by every metric."""
        result = self.gather(samples)
        for _ in self.score(samples, averaged, result):
            pass
        return result

    @property
    def titles(self) -> dict[str, ScoreDirection]:
        """The direction of every score in the plan, by its name."""
        return {
            self.title(metric, name): direction
            for metric in self.plan.metrics
            for name, direction in metric.directions.items()
        }

    def title(self, metric: Metric, name: str) -> str:
        """Returns the name of a score of `metric`, with the network that it depends on."""
        if metric.scope == "backbone":
            return self.backbone.title(name) if self.backbone else f"{name}-{self.reference.name}"
        if metric.scope == "perceptual" and self.perceptual:
            title = self.perceptual.title
            return name.replace("LPIPS", title) if "LPIPS" in name else f"{name}-{title}"
        return name

    def _check(self, metric: Metric, samples: SampleSet) -> None:
        real = self.reference
        if not real.is_images and metric.needs & {"images", "maps", "logits", "perceptual"}:
            raise MetricError("it needs images; these samples are vectors")
        if "images" in metric.needs and self._bytes > _KEPT:
            size = f"{self._bytes / 2**30:.0f} GiB"
            raise MetricError(f"it keeps all images, here {size}; use fewer, for example count=1000 for both sets")
        if "labels" in metric.needs and samples.classes and set(samples.classes) != set(real.classes):
            ours, theirs = set(samples.classes), set(real.classes)
            missing = f"{sorted(ours - theirs)} are only in {samples.name}, {sorted(theirs - ours)} only in {real.name}"
            raise MetricError(f"the two sets have different classes: {missing}")

    @torch.no_grad()
    def _distance(self, one: Tensor, other: Tensor) -> Tensor:
        assert self.perceptual is not None
        distance: Tensor = self.perceptual(
            *(composite(images, 1.0).to(self.extractor.device) for images in (one, other))
        )
        return distance.cpu()

    @torch.no_grad()
    def _maps(self, images: Tensor) -> Tensor:
        assert self.backbone is not None
        pixels = ((composite(images, 1.0) + 1) * 127.5).expand(-1, 3, -1, -1)
        return self.backbone.network.maps(pixels.to(self.extractor.device)).cpu()

    def _record(
        self, metric: Metric, value: Value, samples: SampleSet, averaged: bool | None, seconds: float
    ) -> MetricScore:
        extracted = metric.scope == "backbone" and self.backbone is not None
        network, digest = ("", "")
        if extracted and self.backbone:
            network, digest = self.backbone.name, self.backbone.digest
        elif metric.scope == "perceptual" and self.perceptual:
            network, digest = self.perceptual.title, self.perceptual.digest
        return MetricScore(
            name=self.title(metric, value.name),
            value=value.value,
            deviation=value.deviation,
            how=value.how,
            direction=metric.directions[value.name],
            samples=samples.name,
            samples_digest=samples.digest,
            count=samples.count,
            reference=self.reference.name if metric.reference_needs else "",
            reference_count=self.reference.count if metric.reference_needs else 0,
            reference_digest=self.reference.digest if metric.reference_needs else "",
            shape=samples.shape,
            backbone=network,
            weights=digest,
            resizer=self.plan.resizer if extracted else "",
            seed=self.plan.seed,
            averaged=averaged,
            settings=str(metric),
            device=str(self.extractor.device),
            sparring=__version__,
            torch=torch.__version__,
            seconds=round(seconds, 3),
        )


def reindex_labels(labels: Tensor, classes: tuple[str, ...], reference: tuple[str, ...]) -> Tensor:
    """Returns `labels` [N], indices into `classes`, as indices of the same names in `reference`."""
    return torch.tensor([reference.index(name) for name in classes])[labels]
