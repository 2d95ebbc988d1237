"""Images at reduced resolution, for a curriculum from coarse to fine."""

from math import floor
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from sparring.augment.images import ImageAugmentation
from sparring.spec.schedule import Constant, ScheduledFromOne


class Coarsen(ImageAugmentation):
    """Replaces each square of `factor` x `factor` pixels by its mean: a curriculum over resolution in one network.

    With a schedule from 8 to 1 the players start at an eighth of the resolution and learn details last, like
    Progressive GAN's growing networks (Karras et al. 2018, sec. 2). A fractional factor blends the two nearest
    whole ones, like its fading in of new layers. Squares are cut off at the edges.
    """

    stationary: ClassVar[bool] = True

    factor: ScheduledFromOne = Constant(value=2)

    def __call__(self, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
        factor = self.factor.at(images)
        whole = floor(factor)
        coarse = coarsen(samples, whole)
        return coarse if whole == factor else torch.lerp(coarse, coarsen(samples, whole + 1), factor - whole)


def coarsen(images: Tensor, factor: int) -> Tensor:
    """Returns `images` [N, C, H, W] with each square of `factor` x `factor` pixels replaced by its mean."""
    if factor == 1:
        return images
    height, width = images.shape[2:]
    means = avg_pool2d(images, factor, ceil_mode=True, count_include_pad=False)
    return means.repeat_interleave(factor, 2).repeat_interleave(factor, 3)[:, :, :height, :width]
