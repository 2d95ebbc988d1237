"""Images at a smaller size, as the earlier stages of a progressive game take them."""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from sparring.data.dataset import Dataset, ScoreFunction
from sparring.errors import DataError
from sparring.network import Shape


class DownsampledDataset(Dataset):
    """The images of `of`, averaged over areas to `shape`; targets, condition and digest stay.

    Raises:
        DataError: samples that averaging does not bring to `shape`.
    """

    def __init__(self, of: Dataset, shape: Shape) -> None:
        if len(of.shape) != 3 or shape[0] != of.shape[0] or any(a > b for a, b in zip(shape, of.shape, strict=True)):
            raise DataError(f"{of.name}: samples of shape {of.shape} cannot be downsampled to {shape}")
        self.of = of
        held_out = None if of.held_out is None else DownsampledDataset(of.held_out, shape)
        super().__init__(replace(of.facts, shape=shape), of.targets, held_out)

    def __len__(self) -> int:
        return len(self.of)

    @property
    def digest(self) -> str:
        """The digest of the full-size set."""
        return self.of.digest

    def batch(self, indices: NDArray[np.int64], random: torch.Generator) -> tuple[Tensor, Tensor | None]:
        images, condition = self.of.batch(indices, random)
        _, height, width = self.shape
        return adaptive_avg_pool2d(images, (height, width)), condition

    def depict(self, samples: Tensor, score: ScoreFunction | None = None) -> Image.Image:
        return self.of.depict(samples, score)
