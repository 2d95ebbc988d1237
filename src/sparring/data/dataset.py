"""What a run, its listeners and its checkpoints need of a data set."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from sparring.data.pictures import picture
from sparring.data.targets import Labels, Numbers, Targets
from sparring.network import Condition

ScoreFunction = Callable[[Tensor], Tensor]
"""Maps samples [N, ...] to a discriminator's scores [N, 1]."""


@dataclass(frozen=True)
class TrueModes:
    """The modes of a mixture, [M, d], and their common standard deviation."""

    centers: Tensor
    deviation: float


@dataclass(frozen=True)
class DatasetFacts:
    """What is known of a data set without its samples.

    Attributes:
        name: for messages and reports.
        shape: of one sample: `(C, H, W)`, or `(n,)` for vectors.
        depth: bits a channel in which samples are written as pictures.
        condition: what `Dataset.batch` returns with the samples.
        mirror: whether `Dataset.batch` flips images at random.
        skipped: samples that could not be read.
        left_out: samples that the settings exclude.
    """

    name: str
    shape: tuple[int, ...]
    depth: Literal[8, 16] = 8
    condition: Condition = Condition()
    mirror: bool = False
    skipped: int = 0
    left_out: int = 0


class Dataset(ABC):
    """Samples of one shape, with or without targets; immutable.

    `held_out` are samples of the same distribution that are kept from training, to test the game on. `modes` are
    those of a toy distribution that has some.
    """

    modes: TrueModes | None = None

    def __init__(self, facts: DatasetFacts, targets: Targets | None = None, held_out: "Dataset | None" = None) -> None:
        self.facts, self.targets, self.held_out = facts, targets, held_out

    @abstractmethod
    def __len__(self) -> int:
        """The number of samples."""

    @property
    @abstractmethod
    def digest(self) -> str:
        """A SHA-256 of the content, in hexadecimal: equal for equal data only."""

    @abstractmethod
    def batch(self, indices: NDArray[np.int64], random: torch.Generator) -> tuple[Tensor, Tensor | None]:
        """Returns the samples at `indices` [B] as float32 [B, *shape], and the condition of each.

        The condition is their labels, int64 [B], their numbers, float32 [B, D], images to translate, or None.
        """

    def depict(self, samples: Tensor, score: ScoreFunction | None = None) -> Image.Image:
        """Returns a picture of `samples` [N, *shape], over the values of `score` where a plane can show them."""
        return picture(samples)

    @property
    def name(self) -> str:
        """The set's name, for messages and reports."""
        return self.facts.name

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one sample: `(C, H, W)`, or `(n,)` for vectors."""
        return self.facts.shape

    @property
    def condition(self) -> Condition:
        """What `batch` returns with the samples."""
        return self.facts.condition

    @property
    def labels(self) -> Labels | None:
        """The class of each sample, int64 [N], -1 where it is unknown; None without classes."""
        return self.targets.values if self.targets is not None and self.targets.kind == "classes" else None

    @property
    def numbers(self) -> Numbers | None:
        """The numbers of each sample, float32 [N, D] in [0, 1]; None without any."""
        return self.targets.values if self.targets is not None and self.targets.kind == "attributes" else None

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes."""
        return self.targets.names if self.targets is not None and self.targets.kind == "classes" else ()

    @property
    def attributes(self) -> tuple[str, ...]:
        """The names of the numbers."""
        return self.targets.names if self.targets is not None and self.targets.kind == "attributes" else ()

    def sources(self, count: int) -> Tensor | None:
        """Returns `count` images to translate, spread evenly over the set and repeated where it has fewer.

        None where the condition is no image.
        """
        if not self.condition.shape:
            return None
        indices = np.linspace(0, len(self) - 1, min(count, len(self))).astype(np.int64)
        return self.batch(np.resize(indices, count), torch.Generator())[1]

    def empty_classes(self) -> tuple[str, ...]:
        """Returns the names of the classes without a sample."""
        if self.labels is None:
            return ()
        counts = np.bincount(self.labels[self.labels >= 0], minlength=len(self.classes))
        return tuple(name for name, count in zip(self.classes, counts, strict=True) if not count)
