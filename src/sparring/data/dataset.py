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

Judge = Callable[[Tensor], Tensor]
"""Maps samples [N, ...] to a discriminator's scores [N, 1]."""


@dataclass(frozen=True)
class TrueModes:
    """Where a mixture's modes are, [M, d], and their common standard deviation."""

    centers: Tensor
    deviation: float


class Dataset(ABC):
    """Samples of one shape, with labels or without; immutable.

    `mirror` says whether `batch` flips images at random. `skipped` counts samples that could not be read, `left_out`
    those that settings did not want.
    """

    name: str
    classes: tuple[str, ...]
    mirror: bool
    skipped: int
    left_out: int

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
    def modes(self) -> TrueModes | None:
        """The modes of a toy world that has them; None of all other data."""
        return None

    @abstractmethod
    def batch(self, indices: NDArray[np.int64], random: torch.Generator) -> tuple[Tensor, Tensor | None]:
        """Returns the samples at `indices` [B] as float32 [B, *shape], and their labels int64 [B] or None."""

    @abstractmethod
    def depict(self, samples: Tensor, judge: Judge | None = None) -> Image.Image:
        """Returns a picture of `samples` [N, *shape] for people, over what `judge` thinks where that can be shown."""
