"""A set of pairs: images to be made, each with the image that it is to be made from."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from sparring.data.dataset import Dataset, Judge
from sparring.data.jitter import Jitter
from sparring.data.pictures import picture
from sparring.network import Condition

Separate = Callable[[Tensor], tuple[Tensor, Tensor]]
"""From images [B, C, H, W] as they are stored to targets [B, C', H, W] and sources [B, C'', H, W]; prints alike."""


@dataclass(frozen=True)
class Stacked:
    """Pairs stored as one image: the target's `channels` first, then the source's."""

    channels: int

    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Returns targets and sources, both views of `images`."""
        return images[:, : self.channels], images[:, self.channels :]


class PairedImages(Dataset):
    """Pairs of images of one height and width, for games that translate (Isola et al. 2017, pix2pix).

    `batch` returns targets, which a generator is to make, and as the condition their sources. `images` are what is
    stored, which `separate` takes apart; `jitter` cuts and flips both images of a pair alike. Classes that the images
    have are not told: the condition is an image.

    Raises:
        DataError: a crop larger than the images, or images that `separate` cannot take apart.
    """

    def __init__(self, images: Dataset, separate: Separate, name: str, jitter: Jitter) -> None:
        self.images = images
        self.separate = separate
        self.name = name
        self.jitter = jitter
        self.classes = ()
        self.mirror = jitter.mirror
        self.skipped = images.skipped
        self.left_out = images.left_out
        self._window = jitter.window(images.shape[1:])
        one, _ = images.batch(np.zeros(1, np.int64), torch.Generator())
        target, source = separate(one)
        self._channels = target.shape[1], source.shape[1]

    def __len__(self) -> int:
        return len(self.images)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of a target, `(C, H, W)`."""
        return self._channels[0], *self._window

    @property
    def condition(self) -> Condition:
        """A source, `(C, H, W)`."""
        return Condition(shape=(self._channels[1], *self._window))

    @property
    def depth(self) -> Literal[8, 16]:
        """That of the images."""
        return self.images.depth

    @cached_property
    def digest(self) -> str:
        """A SHA-256 of the images' digest and of how they are taken apart."""
        return hashlib.sha256(f"{self.images.digest} {self.separate!r}".encode()).hexdigest()

    def batch(self, indices: NDArray[np.int64], random: torch.Generator) -> tuple[Tensor, Tensor]:
        """Returns targets [B, C, H, W] and sources [B, C', H, W] at `indices` [B], float32 in [-1, 1].

        Both images of a pair are cut and flipped alike; numbers are drawn from `random` for that only.
        """
        stored, _ = self.images.batch(indices, random)
        target, source = self.jitter(random, *self.separate(stored))
        return target, source

    def depict(self, samples: Tensor, judge: Judge | None = None) -> Image.Image:
        """Returns a grid of `samples` [N, C, H, W] of targets."""
        return picture(samples)
