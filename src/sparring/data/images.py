"""A decoded set of images, and the batches drawn from it."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from sparring.data.attributes import check_numbers
from sparring.data.dataset import Dataset, Judge
from sparring.data.dataset import Labels as Labels
from sparring.data.dataset import Numbers as Numbers
from sparring.data.formats.pixels import Pixels, from_pixels
from sparring.data.pictures import picture
from sparring.errors import DataError

Told = NDArray[Any]
"""Labels [N] or numbers [N, D], as they are read and kept; their `meanings` are then names of classes or of numbers."""


@dataclass(frozen=True, eq=False)
class Images(Dataset):
    """A data set in memory or memory-mapped, immutable by convention.

    `pixels` is `[N, C, H, W]`: uint8, uint16, or float32 in [-1, 1]. `labels` is int64 `[N]`,
    indices into `classes`, or `None` where the set has no labels; in place of them there may be `numbers`, float32
    `[N, D]` in [0, 1], one of each of the `attributes`. `mirror` makes `batch` flip
    images at random. `skipped` counts images left out because they could not be decoded, and
    `left_out` those that `resize=only` did not want. `identity` is the digest of a memory-mapped
    set, whose pixels are too many to read for one.

    Raises:
        DataError: pixels, labels or numbers that are not as described here.
    """

    pixels: Pixels
    labels: Labels | None = None
    classes: tuple[str, ...] = ()
    mirror: bool = False
    name: str = "images"
    skipped: int = 0
    left_out: int = 0
    identity: str = ""
    numbers: Numbers | None = None
    attributes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape, kind = self.pixels.shape, self.pixels.dtype
        if len(shape) != 4 or 0 in shape:
            raise DataError(f"{self.name}: pixels of shape {shape}; needs [N, C, H, W] with at least one image")
        if kind not in (np.uint8, np.uint16, np.float32):
            raise DataError(f"{self.name}: pixels of type {kind}; needs uint8, uint16 or float32 in [-1, 1]")
        if self.labels is not None:
            check_labels(self.labels, len(self.pixels), len(self.classes), self.name)
        if self.numbers is not None:
            if self.labels is not None:
                raise DataError(f"{self.name}: has labels and numbers; needs one of them")
            check_numbers(self.numbers, len(self.pixels), self.attributes, self.name)

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def depth(self) -> Literal[8, 16]:
        """8 for uint8, 16 for finer pixels."""
        return 8 if self.pixels.dtype.itemsize == 1 else 16

    @property
    def shape(self) -> tuple[int, int, int]:
        """The shape of one image, `(C, H, W)`."""
        _, channels, height, width = self.pixels.shape
        return channels, height, width

    @cached_property
    def digest(self) -> str:
        """A SHA-256 in hexadecimal of pixels and what is told of them; of listing and settings where memory-mapped."""
        return self.identity or content_digest(self.pixels, self.told)

    @property
    def told(self) -> Told | None:
        """The labels [N], or the numbers [N, D], if there are any."""
        return self.numbers if self.labels is None else self.labels

    @property
    def meanings(self) -> tuple[str, ...]:
        """The names of the classes, or of the numbers."""
        return self.classes or self.attributes

    def telling(self, told: Told | None, meanings: tuple[str, ...]) -> "Images":
        """Returns the set with labels [N], `meanings` being classes, or with numbers [N, D] called so."""
        if told is None or told.ndim == 1:
            return replace(self, labels=told, classes=meanings)
        return replace(self, numbers=told, attributes=meanings)

    @cached_property
    def _pixels(self) -> Tensor:
        return torch.from_numpy(self.pixels)

    @cached_property
    def _told(self) -> Tensor | None:
        return None if self.told is None else torch.from_numpy(self.told)

    def batch(self, indices: NDArray[np.int64], random: torch.Generator) -> tuple[Tensor, Tensor | None]:
        """Returns the images at `indices` [B], float32 `[B, C, H, W]` in [-1, 1]; labels, int64 [B], or numbers [B, D].

        `random` is drawn from only where `mirror` is on: one number an image, so that a batch is a
        function of the indices and the generator's state.

        Raises:
            IndexError: an index outside 0 … N - 1.
        """
        chosen = torch.from_numpy(np.array(indices, dtype=np.int64))
        images = from_pixels(self._pixels.index_select(0, chosen))
        if self.mirror:
            flip = torch.rand(len(chosen), generator=random) < 0.5
            images[flip] = images[flip].flip(-1)
        return images, None if self._told is None else self._told.index_select(0, chosen)

    def depict(self, samples: Tensor, judge: Judge | None = None) -> Image.Image:
        """Returns a grid of `samples` [N, C, H, W]; what a discriminator thinks of images has no picture here."""
        return picture(samples)


def content_digest(pixels: Pixels, told: Told | None) -> str:
    """Returns a SHA-256 in hexadecimal of pixels, what is told of them, type and shape."""
    digest = hashlib.sha256()
    step = max(1, 2**24 // max(1, pixels[0].nbytes))
    for start in range(0, len(pixels), step):
        digest.update(np.ascontiguousarray(pixels[start : start + step]).data)
    if told is not None:
        digest.update(np.ascontiguousarray(told).data)
    digest.update(f"{pixels.dtype.str} {pixels.shape}".encode())
    return digest.hexdigest()


def kind_of_meanings(told: Told | None) -> str:
    """Returns what the names that belong to labels [N], or to numbers [N, D], are called in files."""
    return "classes" if told is None or told.ndim == 1 else "attributes"


def check_labels(labels: Labels, count: int, classes: int, name: str) -> None:
    """Raises `DataError` unless `labels` are `count` whole numbers from 0 to `classes` - 1."""
    if labels.dtype != np.int64 or labels.shape != (count,):
        raise DataError(f"{name}: labels of type {labels.dtype} and shape {labels.shape}; needs int64 [{count}]")
    if labels.min() < 0 or labels.max() >= classes:
        found = f"labels from {labels.min()} to {labels.max()}"
        raise DataError(f"{name}: {found} for {classes} classes; needs 0 to {classes - 1}")
