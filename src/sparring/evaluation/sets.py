"""Sets of samples to compare: those of a data set, and those that a game draws."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from hashlib import sha256

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sparring.data import Dataset, to_pixels
from sparring.errors import MetricError
from sparring.evaluation.generator import GameGenerator
from sparring.game import Game
from sparring.metrics.metric import Generator

LabelledBatch = tuple[Tensor, Tensor | None]


class SampleSet(ABC):
    """`count` samples of one `shape`; `digest` tells them from any others, `classes` names their labels.

    Each `strata` samples in a row hold one of every class, where they were drawn so. `computed` ones keep the processor
    busy while they are made, as decoding does not: nobody looks at others meanwhile.
    """

    name: str
    count: int
    shape: tuple[int, ...]
    classes: tuple[str, ...]
    digest: str
    strata: int = 1
    computed: bool = False

    @abstractmethod
    def batches(self, size: int) -> Iterator[LabelledBatch]:
        """Yields samples in a fixed order, [B, *shape] with labels int64 [B] or None.

        Images are uint8, as they would be saved; vectors float32.
        """

    @property
    def is_images(self) -> bool:
        """Whether the samples are images, `(C, H, W)`."""
        return len(self.shape) == 3

    @property
    def generator(self) -> Generator | None:
        """What drew the samples, to be asked for more than them; None where that is not known."""
        return None


class DataSamples(SampleSet):
    """`count` samples of a data set, spread evenly over it; all where it has fewer, or no count is given."""

    def __init__(self, data: Dataset, count: int | None = None) -> None:
        self.data = data
        self.indices = evenly_spaced(data, count or len(data))
        self.name = f"{data.name}, mirrored at random" if data.facts.mirror else data.name
        self.count = len(self.indices)
        self.shape = data.shape
        self.classes = data.classes
        self.digest = sha256(f"{data.digest} {data.shape} {self.count} {data.facts.mirror}".encode()).hexdigest()

    def batches(self, size: int) -> Iterator[LabelledBatch]:
        random = torch.Generator()
        for start in range(0, self.count, size):
            samples, labels = self.data.batch(self.indices[start : start + size], random)
            yield as_saved(samples), labels


class GameSamples(SampleSet):
    """`count` samples that a game draws from `seed`; a conditional game draws its classes in turn.

    A game that translates images makes them of `sources` [count, *shape].
    """

    computed = True

    def __init__(
        self,
        game: Game,
        count: int,
        seed: int,
        name: str,
        classes: tuple[str, ...],
        digest: str = "",
        sources: Tensor | None = None,
    ) -> None:
        self.game = game
        self.count = count
        self.seed = seed
        self.name = name
        self.shape = game.sample
        self.classes = classes if game.condition.classes else ()
        self.strata = len(self.classes) or 1
        self.digest = digest
        self.sources = sources

    def batches(self, size: int) -> Iterator[LabelledBatch]:
        labels = torch.arange(self.count) % len(self.classes) if self.classes else None
        told = self.sources if labels is None else labels
        for index, samples in enumerate(self.game.stream_samples(self.count, self.seed, told, size)):
            yield as_saved(samples), None if labels is None else labels[index * size : (index + 1) * size]

    @property
    def generator(self) -> Generator:
        """The game's own."""
        return GameGenerator(self.game)


def evenly_spaced(data: Dataset, count: int) -> NDArray[np.int64]:
    """Returns up to `count` indices evenly over the data set."""
    return np.linspace(0, len(data) - 1, min(count, len(data))).astype(np.int64)


def as_saved(samples: Tensor) -> Tensor:
    """Returns images [N, C, H, W] in [-1, 1] as uint8, rounded as in a saved file; vectors [N, n] as float32."""
    return torch.from_numpy(to_pixels(samples)) if samples.ndim == 4 else samples.detach().float().cpu()


_CHANNELS = {1: "gray", 3: "rgb", 4: "rgba"}


def check_alike(fake: SampleSet, real: SampleSet) -> None:
    """Raises `MetricError` unless both sets hold samples of one shape."""
    if fake.shape == real.shape:
        return
    sizes = f"{fake.name} has samples of {_size(fake)}, the reference {real.name} of {_size(real)}"
    if not (fake.is_images and real.is_images):
        raise MetricError(f"{sizes}: vectors and images, or vectors of other lengths, cannot be compared")
    if fake.shape[0] != real.shape[0]:
        opaque = fake.shape[0] in (2, 4) and not fake.computed  # what has no opacity cannot be given one
        side, channels = ("samples", real.shape[0]) if opaque else ("reference", fake.shape[0])
        remedy = f" Convert one of them: {side}.channels={_CHANNELS[channels]}" if channels in _CHANNELS else ""
        raise MetricError(f"{sizes}: the channels differ.{remedy}")
    height, width = fake.shape[1:]
    size = f"{height}" if height == width else f"{height}x{width}"
    raise MetricError(f"{sizes}: scores depend on resolution. Resize the reference to compare: reference.size={size}")


def _size(samples: SampleSet) -> str:
    return "x".join(map(str, samples.shape)) + (" (channels, height, width)" if samples.is_images else "")
