"""A decoded set of images, and the batches drawn from it."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from sparring.data.dataset import Dataset, Judge
from sparring.data.pictures import picture
from sparring.data.pixels import Pixels, from_pixels
from sparring.errors import DataError

Labels = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Images(Dataset):
    """A data set in memory or memory-mapped, immutable by convention.

    `pixels` is `[N, C, H, W]`: uint8, uint16, or float32 in [-1, 1]. `labels` is int64 `[N]`,
    indices into `classes`, or `None` where the set has no labels. `mirror` makes `batch` flip
    images at random. `skipped` counts images left out because they could not be decoded, and
    `left_out` those that `resize=only` did not want. `identity` is the digest of a memory-mapped
    set, whose pixels are too many to read for one.

    Raises:
        DataError: pixels or labels that are not as described here.
    """

    pixels: Pixels
    labels: Labels | None = None
    classes: tuple[str, ...] = ()
    mirror: bool = False
    name: str = "images"
    skipped: int = 0
    left_out: int = 0
    identity: str = ""

    def __post_init__(self) -> None:
        shape, kind = self.pixels.shape, self.pixels.dtype
        if len(shape) != 4 or 0 in shape:
            raise DataError(f"{self.name}: pixels of shape {shape}; needs [N, C, H, W] with at least one image")
        if kind not in (np.uint8, np.uint16, np.float32):
            raise DataError(f"{self.name}: pixels of type {kind}; needs uint8, uint16 or float32 in [-1, 1]")
        if self.labels is not None:
            check_labels(self.labels, len(self.pixels), len(self.classes), self.name)

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
        """A SHA-256 in hexadecimal of pixels and labels; of listing and settings where memory-mapped."""
        return self.identity or content_digest(self.pixels, self.labels)

    @cached_property
    def _pixels(self) -> Tensor:
        return torch.from_numpy(self.pixels)

    @cached_property
    def _labels(self) -> Tensor | None:
        return None if self.labels is None else torch.from_numpy(self.labels)

    def batch(self, indices: NDArray[np.int64], random: torch.Generator) -> tuple[Tensor, Tensor | None]:
        """Returns the images at `indices` [B], float32 `[B, C, H, W]` in [-1, 1], and their labels, int64 [B].

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
        return images, None if self._labels is None else self._labels.index_select(0, chosen)

    def depict(self, samples: Tensor, judge: Judge | None = None) -> Image.Image:
        """Returns a grid of `samples` [N, C, H, W]; what a discriminator thinks of images has no picture here."""
        return picture(samples)


def content_digest(pixels: Pixels, labels: Labels | None) -> str:
    """Returns a SHA-256 in hexadecimal of pixels, labels, type and shape."""
    digest = hashlib.sha256()
    step = max(1, 2**24 // max(1, pixels[0].nbytes))
    for start in range(0, len(pixels), step):
        digest.update(np.ascontiguousarray(pixels[start : start + step]).data)
    if labels is not None:
        digest.update(np.ascontiguousarray(labels).data)
    digest.update(f"{pixels.dtype.str} {pixels.shape}".encode())
    return digest.hexdigest()


def check_labels(labels: Labels, count: int, classes: int, name: str) -> None:
    """Raises `DataError` unless `labels` are `count` whole numbers from 0 to `classes` - 1."""
    if labels.dtype != np.int64 or labels.shape != (count,):
        raise DataError(f"{name}: labels of type {labels.dtype} and shape {labels.shape}; needs int64 [{count}]")
    if labels.min() < 0 or labels.max() >= classes:
        found = f"labels from {labels.min()} to {labels.max()}"
        raise DataError(f"{name}: {found} for {classes} classes; needs 0 to {classes - 1}")
