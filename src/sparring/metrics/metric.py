"""What a metric is: what it needs to know of two sets of samples, and the numbers it makes of that."""

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
"""What a metric may ask for; all but the last three are gathered in one pass over a set."""


@dataclass(frozen=True)
class Value:
    """One number that a metric gives; `deviation` is its standard deviation, `how` says over what."""

    name: str
    value: float
    deviation: float | None = None
    how: str = ""


@dataclass(frozen=True)
class SampleStatistics:
    """What one pass over a set of `count` samples left behind: as much of it as the metrics asked for, else empty.

    `folds` are the moments of disjoint parts of the set; `features` [N, d] float32 and `logits` [N, K] are what
    the backbone makes of each sample; `images` uint8 [N, C, H, W] and `labels` int64 [N] are the samples themselves.
    All are on the CPU and in one order.
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
    """A latent space of a generator that is asked for the images of chosen latents."""

    @property
    def spherical(self) -> bool:
        """Whether to interpolate on the sphere, as between Gaussian latents, instead of on the line."""

    def draw_ends(self, count: int, seed: int) -> tuple[Tensor, Tensor, Tensor | None]:
        """Returns the starts and ends [N, n] of `count` paths, each of one class, and classes [N] if it takes them."""

    def generate(self, latents: Tensor, classes: Tensor | None) -> Tensor:
        """Returns the images [N, C, H, W] in [-1, 1] of `latents` [N, n]."""


class Generator(Protocol):
    """A generator that is asked for more than samples; what it has not, it refuses with a `SparringError`."""

    def space(self, name: str) -> LatentSpace:
        """Returns the latent space z, which the prior draws from, or w of a style network."""

    def moved(self, transform: Tensor, seed: int, count: int) -> Tensor:
        """Returns images [count, C, H, W] in [-1, 1] of the latents that `seed` draws, their content moved.

        `transform` [3, 3], float64, is as `equivariance.Movable` has it.
        """


@dataclass(frozen=True)
class MetricInputs:
    """All that a metric may look at; what it did not list in `needs` may be empty or None.

    `perceptual` is the distance [N] of two batches of images [N, C, H, W] in [-1, 1]; `maps` gives the early
    feature maps [N, c, h, w] of such images. `seed` draws whatever a metric draws.
    """

    real: SampleStatistics
    fake: SampleStatistics
    seed: int = 0
    classes: tuple[str, ...] = ()
    perceptual: Callable[[Tensor, Tensor], Tensor] | None = None
    maps: Callable[[Tensor], Tensor] | None = None
    generator: Generator | None = None


class Metric(Family, ABC):
    """Something to measure of generated samples, most often beside real ones.

    `better` names the values that `measure` returns. `scope` says what their names carry: a backbone's name
    (`FD` becomes `FD-lite0`, or FID where the backbone is the original Inception), a perceptual network's, or none.
    """

    needs: ClassVar[frozenset[Need]]
    directions: ClassVar[Mapping[str, ScoreDirection]]
    scope: ClassVar[Literal["backbone", "perceptual", "none"]] = "backbone"

    @property
    def reference_needs(self) -> frozenset[Need]:
        """What is needed of the reference; empty for metrics that look at generated samples only."""
        return self.needs

    @abstractmethod
    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the values, in the order of `better`.

        Raises:
            MetricError: there are too few samples, or something is missing; the message says what to do.
        """


def check_features(metric: str, least: int, **sets: Tensor) -> None:
    """Raises `MetricError` unless each of the named `sets` is finite, [N, d] with N at least `least`, d in common."""
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
        raise MetricError(f"{metric}: features differ in size ({sizes}); take one backbone for all sets")
