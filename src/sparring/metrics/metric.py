"""The interface of metrics: the statistics that they need of two sets of samples, and the values they return."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import ClassVar, Literal, Protocol

import torch
from torch import Tensor

from sparring.direction import ScoreDirection
from sparring.errors import MetricError
from sparring.metrics.statistics.accumulators import Moments
from sparring.spec import Family

Need = Literal["moments", "features", "logits", "images", "labels", "perceptual", "maps", "generator"]
"""What a metric may need; all but the last three are gathered in one pass over a set."""


@dataclass(frozen=True)
class Value:
    """One number of a metric; `deviation` is its standard deviation, `how` says over what."""

    name: str
    value: float
    deviation: float | None = None
    how: str = ""


@dataclass(frozen=True)
class SampleStatistics:
    """The statistics of a set of `count` samples that metrics need; the others are empty.

    `folds` are the moments of disjoint parts of the set; `features` [N, d] float32 and `logits` [N, K] are the
    backbone's output for each sample; `images` uint8 [N, C, H, W] and `labels` int64 [N] are the samples themselves.
    All are on the CPU and in the same order.
    """

    count: int
    folds: tuple[Moments, ...] = ()
    features: Tensor = field(default_factory=lambda: torch.empty(0, 0))
    logits: Tensor = field(default_factory=lambda: torch.empty(0, 0))
    images: Tensor = field(default_factory=lambda: torch.empty(0, 0, 0, 0, dtype=torch.uint8))
    labels: Tensor | None = None

    @property
    def moments(self) -> Moments:
        """The moments of the whole set."""
        return reduce(Moments.merged, self.folds)


class LatentSpace(Protocol):
    """A latent space of a generator, with images of chosen latents."""

    @property
    def spherical(self) -> bool:
        """Whether to interpolate on the sphere, as between Gaussian latents, instead of linearly."""

    def draw_ends(self, count: int, seed: int) -> tuple[Tensor, Tensor, Tensor | None]:
        """Returns starts and ends [N, n] of `count` paths, each within a class, and the classes [N], if any."""

    def generate(self, latents: Tensor, classes: Tensor | None) -> Tensor:
        """Returns the images [N, C, H, W] in [-1, 1] of `latents` [N, n]."""


class LatentGenerator(Protocol):
    """A generator whose latents a metric chooses; it raises `SparringError` for what it does not support."""

    def space(self, name: str) -> LatentSpace:
        """Returns the latent space z of the prior, or w of a style network."""

    def generate_transformed(self, transform: Tensor, seed: int, count: int) -> Tensor:
        """Returns images [count, C, H, W] in [-1, 1] of the latents of `seed`, their content transformed.

        `transform` [3, 3], float64, is defined at `equivariance.TransformedImages`.
        """


@dataclass(frozen=True)
class MetricInputs:
    """Everything a metric can read; what it does not list in `needs` may be empty or None.

    `perceptual` is the distance [N] of two batches of images [N, C, H, W] in [-1, 1]; `maps` returns the early
    feature maps [N, c, h, w] of such images. `seed` seeds the metric's random draws.
    """

    real: SampleStatistics
    fake: SampleStatistics
    seed: int = 0
    classes: tuple[str, ...] = ()
    perceptual: Callable[[Tensor, Tensor], Tensor] | None = None
    maps: Callable[[Tensor], Tensor] | None = None
    generator: LatentGenerator | None = None


class Metric(Family, ABC):
    """A measure of generated samples, usually against real ones.

    `directions` maps the names of the values that `measure` returns to their directions. `scope` says which network's
    name is appended: the backbone's (`FD` becomes `FD-lite0`, or FID if the backbone is the original Inception), the
    perceptual network's, or none.
    """

    needs: ClassVar[frozenset[Need]]
    directions: ClassVar[Mapping[str, ScoreDirection]]
    scope: ClassVar[Literal["backbone", "perceptual", "none"]] = "backbone"

    @property
    def reference_needs(self) -> frozenset[Need]:
        """The statistics needed of the reference; empty for metrics of generated samples only."""
        return self.needs

    @abstractmethod
    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the values, in the order of `directions`.

        Raises:
            MetricError: there are too few samples, or an input is missing; the message says what to do.
        """


def check_features(metric: str, least: int, **sets: Tensor) -> None:
    """Raises `MetricError` unless each of the named `sets` is finite, [N, d], N at least `least`, with a common d."""
    for name, rows in sets.items():
        if rows.ndim != 2 or rows.shape[1] == 0:
            raise MetricError(f"{metric}: {name} has shape {tuple(rows.shape)}; needs [N, d]")
        if len(rows) < least:
            raise MetricError(f"{metric}: {len(rows)} {name} samples are too few; needs at least {least}")
        if not bool(torch.isfinite(rows.sum())) and not bool(torch.isfinite(rows).all()):
            bad = int((~torch.isfinite(rows)).any(1).sum())
            raise MetricError(f"{metric}: {bad} of {len(rows)} {name} samples have features that are not finite")
    if len({rows.shape[1] for rows in sets.values()}) > 1:
        sizes = ", ".join(f"{name} {rows.shape[1]}" for name, rows in sets.items())
        raise MetricError(f"{metric}: features differ in size ({sizes}); use one backbone for all sets")
