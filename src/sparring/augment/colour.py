"""Colours changed by one affine map for each image; opacity and other channels stay as they are."""

from math import pi

import torch
from torch import Tensor

from sparring.augment.draws import Draws

_COLOURS = {1: 1, 2: 1, 3: 3, 4: 3}
"""The number of colour channels: gray, gray and opacity, RGB, RGB and opacity."""


def count_colours(samples: Tensor) -> int:
    """Returns the number of leading colour channels of `samples` [N, C, H, W]: 1 or 3, and 0 if C > 4."""
    return _COLOURS.get(samples.shape[1], 0)


def recolour_at_random(samples: Tensor, draws: Draws) -> Tensor:
    """Returns images [N, C, H, W] with brightness, contrast, lightness, hue and saturation changed, in this order.

    Each with the probability of `draws` (Karras et al. 2020, appendix B, "color transformations"); lightness is
    mirrored or not, hue is rotated by any angle. Gray images are treated as RGB images of equal channels.
    """
    brightness = draws.maybe(draws.normal(0.2), 0)
    contrast = draws.maybe(draws.scale(0.5), 1)
    mirrored = draws.maybe(draws.whole(2), 0)
    angles = draws.maybe(draws.uniform(-pi, pi), 0)
    saturation = draws.maybe(draws.scale(1.0), 1)
    return recolour(samples, *affine_colour_map(brightness, contrast, mirrored, angles, saturation))


def affine_colour_map(
    brightness: Tensor, contrast: Tensor, mirrored: Tensor, angles: Tensor, saturation: Tensor
) -> tuple[Tensor, Tensor]:
    """Returns the matrices [N, 3, 3] and the offsets [N] of all five changes in this order; each is [N].

    Brightness is added and contrast is a factor; then the gray axis is `mirrored` where 1, hue rotated by `angles`
    about it, and the part orthogonal to it multiplied by `saturation`.
    """
    lightness = contrast * (1 - 2 * mirrored)
    rotated = (contrast * saturation)[:, None, None] * rotate_hue(angles)
    return lightness[:, None, None] * _gray(contrast) + rotated, lightness * brightness


def rotate_hue(angles: Tensor) -> Tensor:
    """Returns the matrices [N, 3, 3] that rotate RGB by `angles` [N] about the gray axis and project it out."""
    cosine, sine = angles.cos()[:, None, None], angles.sin()[:, None, None]
    across = angles.new_tensor([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / 3**0.5
    return cosine * (torch.eye(3).to(angles) - _gray(angles)) + sine * across


def recolour(samples: Tensor, matrix: Tensor, offset: Tensor) -> Tensor:
    """Returns `samples` [N, C, H, W] with colours c mapped to `matrix` c + `offset`; [N, 3, 3] and [N].

    Gray images become the mean over RGB of the result.
    """
    count = count_colours(samples)
    if count == 0:
        return samples
    if count == 1:
        matrix = matrix.sum((1, 2), keepdim=True) / 3
    colours, others = samples[:, :count], samples[:, count:]
    changed = (matrix @ colours.flatten(2) + offset[:, None, None]).view_as(colours)
    return torch.cat((changed, others), 1) if others.shape[1] else changed


def _gray(like: Tensor) -> Tensor:
    """Returns the projection [3, 3] onto the gray axis."""
    return like.new_full((3, 3), 1 / 3)
