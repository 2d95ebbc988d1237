"""Mirrored and shifted images."""

from typing import ClassVar

import torch
from pydantic import PositiveInt
from torch import Tensor

from sparring.augment.geometry import fold
from sparring.augment.images import ImageAugmentation


class Flip(ImageAugmentation):
    """Mirrors each image, left to right, with probability ½: one of the transformations of Zhang et al. 2020."""

    stationary: ClassVar[bool] = True

    def __call__(self, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
        coins = torch.randint(2, (len(samples), 1, 1, 1), generator=random, device=samples.device)
        return torch.where(coins == 1, samples.flip(3), samples)


class Shift(ImageAugmentation):
    """Shifts each image by whole numbers in [-pixels, pixels], down and to the right (Zhang et al. 2020).

    Images are padded by reflection, without repeating the edge.
    """

    stationary: ClassVar[bool] = True

    pixels: PositiveInt = 4

    def __call__(self, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
        span, count = 2 * self.pixels + 1, len(samples)
        shifts = torch.randint(span, (2, count, 1), generator=random, device=samples.device) - self.pixels
        rows, columns = (_sources(side, shift) for side, shift in zip(samples.shape[2:], shifts, strict=True))
        shifted = samples.gather(2, rows[:, None, :, None].expand_as(samples))
        return shifted.gather(3, columns[:, None, None, :].expand_as(samples))


def _sources(side: int, shifts: Tensor) -> Tensor:
    """Returns the source pixel of each place, [N, side], for `shifts` [N, 1]."""
    return fold(torch.arange(side, device=shifts.device) - shifts, side)
