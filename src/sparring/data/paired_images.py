"""Image pairs: targets, each with the source that it is to be generated from."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sparring.data.dataset import Dataset, DatasetFacts
from sparring.data.jitter import Jitter
from sparring.network import Condition

Separate = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Maps stored images [B, C, H, W] to targets [B, C', H, W] and sources [B, C'', H, W]; equal ones print alike."""


@dataclass(frozen=True)
class Stacked:
    """Pairs stored as one image: the target's `channels` first, then the source's."""

    channels: int

    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Returns targets and sources, both views of `images`."""
        return images[:, : self.channels], images[:, self.channels :]


class PairedImages(Dataset):
    """Pairs of images of one height and width, for games that translate (Isola et al. 2017, pix2pix).

    `batch` returns targets, which a generator is to produce, and as the condition their sources. `separate` splits
    the stored `images` into both; `jitter` crops and flips both images of a pair alike. Class labels of the images
    are dropped, since the condition is an image. `lost` counts pairs with an image that could not be read.

    Raises:
        DataError: a crop larger than the images, or images that `separate` cannot split.
    """

    def __init__(self, images: Dataset, separate: Separate, name: str, jitter: Jitter, lost: int = 0) -> None:
        self.images, self.separate, self.jitter = images, separate, jitter
        window = jitter.window(images.shape[1:])
        one, _ = images.batch(np.zeros(1, np.int64), torch.Generator())
        target, source = separate(one)
        facts = images.facts
        super().__init__(
            DatasetFacts(
                name=name,
                shape=(target.shape[1], *window),
                depth=facts.depth,
                condition=Condition(shape=(source.shape[1], *window)),
                mirror=jitter.mirror,
                skipped=facts.skipped + lost,
                left_out=facts.left_out,
            )
        )

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def digest(self) -> str:
        """A SHA-256 of the images' digest and of how they are split."""
        return hashlib.sha256(f"{self.images.digest} {self.separate!r}".encode()).hexdigest()

    def batch(self, indices: NDArray[np.int64], random: torch.Generator) -> tuple[Tensor, Tensor]:
        """Returns targets [B, C, H, W] and sources [B, C', H, W] at `indices` [B], float32 in [-1, 1].

        Both images of a pair are cropped and flipped alike; nothing else is sampled from `random`.
        """
        stored, _ = self.images.batch(indices, random)
        target, source = self.jitter(random, *self.separate(stored))
        return target, source
