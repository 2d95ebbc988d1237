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

from sparring.network import Condition

Labels = NDArray[np.int64]

Numbers = NDArray[np.float32]

_EXAMPLES = 1000
"""How many samples' numbers stand for those of all: enough for their shares, few enough for a checkpoint."""

Judge = Callable[[Tensor], Tensor]
"""Maps samples [N, ...] to a discriminator's scores [N, 1]."""


@dataclass(frozen=True)
class TrueModes:
    """Where a mixture's modes are, [M, d], and their common standard deviation."""

    centers: Tensor
    deviation: float


class Dataset(ABC):
    """Samples of one shape, with labels or without; immutable.

    `labels` [N] are indices into `classes`, or -1 where the class is not told; None where there are none. In place of
    them there may be `numbers` [N, D] in [0, 1], one of each of the `attributes`: several labels, or measurements.
    `held_out` are samples like these that are kept from training, to examine the game on. `mirror` says whether
    `batch` flips images at random. `skipped` counts samples that could not be read, `left_out` those that settings
    did not want.
    """

    name: str
    classes: tuple[str, ...]
    mirror: bool
    skipped: int
    left_out: int
    labels: Labels | None = None
    numbers: Numbers | None = None
    attributes: tuple[str, ...] = ()
    held_out: "Dataset | None" = None

    @abstractmethod
    def __len__(self) -> int:
        """The number of samples."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """The shape of one sample: `(C, H, W)`, or `(n,)` for vectors."""

    @property
    @abstractmethod
    def depth(self) -> Literal[8, 16]:
        """Bits a channel in which samples are written as pictures."""

    @property
    @abstractmethod
    def digest(self) -> str:
        """What tells this data from other data, in hexadecimal."""

    @property
    def condition(self) -> Condition:
        """What `batch` tells beside the samples."""
        if self.numbers is not None:
            shown = self.numbers[np.linspace(0, len(self) - 1, min(len(self), _EXAMPLES)).astype(np.int64)]
            return Condition(numbers=len(self.attributes), examples=tuple(map(tuple, shown.round(4).tolist())))
        return Condition(len(self.classes), partly=self.labels is not None and bool((self.labels < 0).any()))

    def sources(self, count: int) -> Tensor | None:
        """Returns `count` images to translate, spread evenly over the set, or over again where it has fewer.

        None where the condition is no image: a class can be drawn without data.
        """
        if not self.condition.shape:
            return None
        indices = np.linspace(0, len(self) - 1, min(count, len(self))).astype(np.int64)
        return self.batch(np.resize(indices, count), torch.Generator())[1]

    def empty_classes(self) -> tuple[str, ...]:
        """Returns the names of the classes that no sample belongs to."""
        if self.labels is None:
            return ()
        counts = np.bincount(self.labels[self.labels >= 0], minlength=len(self.classes))
        return tuple(name for name, count in zip(self.classes, counts, strict=True) if not count)

    @property
    def modes(self) -> TrueModes | None:
        """The modes of a toy world that has them; None of all other data."""
        return None

    @abstractmethod
    def batch(self, indices: NDArray[np.int64], random: torch.Generator) -> tuple[Tensor, Tensor | None]:
        """Returns the samples at `indices` [B] as float32 [B, *shape], and what is told of them.

        That is their labels, int64 [B], or their numbers, float32 [B, D], or None.
        """

    @abstractmethod
    def depict(self, samples: Tensor, judge: Judge | None = None) -> Image.Image:
        """Returns a picture of `samples` [N, *shape] for people, over what `judge` thinks where that can be shown."""
