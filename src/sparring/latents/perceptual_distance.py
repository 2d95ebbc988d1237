"""A perceptual distance of images of any channel count."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from sparring.tensors.compositing import composite, composite_colours, has_opacity

Distance = Callable[[Tensor, Tensor], Tensor]
"""A function of two batches [N, C, H, W] in [-1, 1] to the distances [N] of corresponding images."""

LARGEST = 256
"""Larger images are first averaged down to about this height (Karras et al. 2020, appendix D)."""


class PerceptualDistance:
    """Extends a `perceptual` distance of gray or RGB images to any; adds `pixel_weight` times the squared error.

    Images with opacity are composited over black and over white: opacity counts, hidden colours do not. For other
    channel counts each channel is compared as a gray image.
    """

    def __init__(self, perceptual: Distance, pixel_weight: float = 0.0) -> None:
        self.perceptual, self.pixel_weight = perceptual, pixel_weight

    def __call__(self, one: Tensor, other: Tensor) -> Tensor:
        """Returns the distance [N] of each image of `one` [N, C, H, W] in [-1, 1] to that of `other`."""
        count = len(one)
        distance = self.perceptual(_as_gray_or_rgb(one), _as_gray_or_rgb(other)).view(-1, count).mean(0)
        if not self.pixel_weight:
            return distance
        difference = composite_colours(one, 1.0) - composite_colours(other, 1.0)
        return distance + self.pixel_weight * difference.square().mean((1, 2, 3))


def _as_gray_or_rgb(images: Tensor) -> Tensor:
    """Returns gray or RGB images [K · N, 1 or 3, h, w] for a perceptual network, K for each of `images`."""
    factor = max(images.shape[2] // LARGEST, 1)
    images = avg_pool2d(images, factor) if factor > 1 else images
    channels = images.shape[1]
    if channels in (1, 3):
        return images
    if has_opacity(images):
        return torch.cat([composite(images, background) for background in (-1.0, 1.0)])
    return images.transpose(0, 1).flatten(0, 1)[:, None]
