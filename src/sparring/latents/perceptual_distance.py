"""How unlike two images of any channels are, for those who look for one that is like another."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from sparring.tensors.compositing import composite, composite_colours, has_opacity

Distance = Callable[[Tensor, Tensor], Tensor]
"""The distance [N] of each image of one batch [N, C, H, W] in [-1, 1] to that of another."""

LARGEST = 256
"""Larger images are averaged down to about this height first (Karras et al. 2020, appendix D)."""


class Likeness:
    """A perceptual distance of gray or RGB images, for any, and `pixel_weight` times their mean squared error.

    Images with opacity are laid over black and over white, which tells what is opaque, and hidden colours count
    nowhere; of other counts each channel is seen in gray.
    """

    def __init__(self, perceptual: Distance, pixel_weight: float = 0.0) -> None:
        self.perceptual, self.pixel_weight = perceptual, pixel_weight

    def __call__(self, one: Tensor, other: Tensor) -> Tensor:
        """Returns the distance [N] of each image of `one` [N, C, H, W] in [-1, 1] to that of `other`."""
        count = len(one)
        seen = self.perceptual(_shown(one), _shown(other)).view(-1, count).mean(0)
        if not self.pixel_weight:
            return seen
        difference = composite_colours(one, 1.0) - composite_colours(other, 1.0)
        return seen + self.pixel_weight * difference.square().mean((1, 2, 3))


def _shown(images: Tensor) -> Tensor:
    """Returns images that a perceptual network can look at, [K · N, 1 or 3, h, w], K for each of `images`."""
    factor = max(images.shape[2] // LARGEST, 1)
    images = avg_pool2d(images, factor) if factor > 1 else images
    channels = images.shape[1]
    if channels in (1, 3):
        return images
    if has_opacity(images):
        return torch.cat([composite(images, ground) for ground in (-1.0, 1.0)])
    return images.transpose(0, 1).flatten(0, 1)[:, None]
