"""A set of images at a smaller size, as the earlier stages of a pyramid see it."""

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from sparring.data.dataset import Dataset, Judge
from sparring.errors import DataError
from sparring.network import Condition, Shape


class Shrunk(Dataset):
    """The images of the set `of`, averaged over areas until they are of `shape`; what is told of them stays.

    Raises:
        DataError: images do not become such by that.
    """

    def __init__(self, of: Dataset, shape: Shape) -> None:
        if len(of.shape) != 3 or shape[0] != of.shape[0] or any(a > b for a, b in zip(shape, of.shape, strict=True)):
            raise DataError(f"{of.name}: samples of shape {of.shape} cannot be shrunk to {shape}")
        self.of, self._shape = of, shape
        self.name, self.classes, self.mirror = of.name, of.classes, of.mirror
        self.skipped, self.left_out = of.skipped, of.left_out
        self.labels, self.numbers, self.attributes = of.labels, of.numbers, of.attributes
        self.held_out = None if of.held_out is None else Shrunk(of.held_out, shape)

    def __len__(self) -> int:
        return len(self.of)

    @property
    def shape(self) -> Shape:
        """The shape of one image, (C, H, W)."""
        return self._shape

    @property
    def depth(self) -> Literal[8, 16]:
        """That of the set."""
        return self.of.depth

    @property
    def digest(self) -> str:
        """That of the set, whatever the size."""
        return self.of.digest

    @property
    def condition(self) -> Condition:
        """That of the set."""
        return self.of.condition

    def batch(self, indices: NDArray[np.int64], random: torch.Generator) -> tuple[Tensor, Tensor | None]:
        """Returns the images at `indices` [B], float32 [B, *shape] in [-1, 1], and what is told of them, [B, ...]."""
        images, told = self.of.batch(indices, random)
        _, height, width = self._shape
        return adaptive_avg_pool2d(images, (height, width)), told

    def depict(self, samples: Tensor, judge: Judge | None = None) -> Image.Image:
        """Returns the picture that the set makes of `samples`."""
        return self.of.depict(samples, judge)
