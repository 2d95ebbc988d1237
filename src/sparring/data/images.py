"""Decoded images, and batches of them."""

import hashlib
from copy import copy
from dataclasses import replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sparring.data.dataset import Dataset, DatasetFacts
from sparring.data.formats.pixels import Pixels
from sparring.data.targets import Targets
from sparring.errors import DataError
from sparring.network import Condition


class Images(Dataset):
    """Images in memory or memory-mapped.

    `pixels` [N, C, H, W] are uint8, uint16, or float32 in [-1, 1]. `mirror` flips images at random in `batch`.
    `skipped` counts images that could not be decoded, `left_out` those that `resize=only` excludes. `identity` is the
    digest of a memory-mapped set, which is too large to be hashed at every start.

    Raises:
        DataError: pixels or targets of another type, shape or range.
    """

    def __init__(
        self,
        pixels: Pixels,
        targets: Targets | None = None,
        *,
        name: str = "images",
        mirror: bool = False,
        skipped: int = 0,
        left_out: int = 0,
        identity: str = "",
    ) -> None:
        shape, dtype = pixels.shape, pixels.dtype
        if len(shape) != 4 or 0 in shape:
            raise DataError(f"{name}: pixels of shape {shape}; needs [N, C, H, W] with at least one image")
        if dtype not in (np.uint8, np.uint16, np.float32):
            raise DataError(f"{name}: pixels of type {dtype}; needs uint8, uint16 or float32 in [-1, 1]")
        if targets is not None:
            targets.check(len(pixels), name)
        condition = Condition() if targets is None else targets.condition
        super().__init__(
            DatasetFacts(name, shape[1:], 8 if dtype == np.uint8 else 16, condition, mirror, skipped, left_out),
            targets,
        )
        self.pixels, self.identity = pixels, identity

    def renamed(self, name: str, mirror: bool) -> "Images":
        """Returns the same images under another name, flipped at random or not."""
        images = copy(self)
        images.facts = replace(self.facts, name=name, mirror=mirror)
        return images

    def __len__(self) -> int:
        return len(self.pixels)

    @cached_property
    def digest(self) -> str:
        """A SHA-256 of pixels and targets; where memory-mapped, the one that was computed when they were packed."""
        return self.identity or content_digest(self.pixels, self.targets)

    @cached_property
    def _tensors(self) -> tuple[Tensor, Tensor | None]:
        return torch.from_numpy(self.pixels), None if self.targets is None else torch.from_numpy(self.targets.values)

    def batch(self, indices: NDArray[np.int64], random: torch.Generator) -> tuple[Tensor, Tensor | None]:
        """Returns the images at `indices` [B], float32 [B, C, H, W] in [-1, 1]; labels, int64 [B], or numbers [B, D].

        One number an image is sampled from `random`, only where `mirror` is on: a batch is a function of the indices
        and the generator's state.

        Raises:
            IndexError: an index outside 0 … N - 1.
        """
        chosen = torch.from_numpy(np.array(indices, dtype=np.int64))
        pixels, targets = self._tensors
        images = from_pixels(pixels.index_select(0, chosen))
        if self.facts.mirror:
            flip = torch.rand(len(chosen), generator=random) < 0.5
            images[flip] = images[flip].flip(-1)
        return images, None if targets is None else targets.index_select(0, chosen)


def content_digest(pixels: Pixels, targets: Targets | None) -> str:
    """Returns a SHA-256 in hexadecimal of pixels, targets, type and shape."""
    digest = hashlib.sha256()
    step = max(1, 2**24 // max(1, pixels[0].nbytes))
    for start in range(0, len(pixels), step):
        digest.update(np.ascontiguousarray(pixels[start : start + step]).data)
    if targets is not None:
        digest.update(np.ascontiguousarray(targets.values).data)
    digest.update(f"{pixels.dtype.str} {pixels.shape}".encode())
    return digest.hexdigest()


def from_pixels(pixels: Tensor) -> Tensor:
    """Returns uint8 or uint16 pixels as new float32 in [-1, 1]; float32 is assumed to lie there already."""
    if pixels.dtype == torch.float32:
        return pixels
    half = 127.5 if pixels.dtype == torch.uint8 else 32767.5
    return pixels.to(torch.float32).div_(half).sub_(1.0)
