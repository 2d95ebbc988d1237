"""Pixel blitting: mirroring, rotation by right angles, shifts by whole pixels."""

import torch
from torch import Tensor

from sparring.augment.draws import Draws
from sparring.augment.wavelets import fold


def blit(samples: Tensor, draws: Draws) -> Tensor:
    """Returns images [N, C, H, W] mirrored, rotated by right angles and shifted by up to 1/8 of a side, in this order.

    Each with the probability of `draws`; the identity is one of the outcomes. Images are reflected at their edges
    (Karras et al. 2020, appendix B, "pixel blitting"). Images that are not square are rotated about their centre,
    to half a pixel if their sides differ by an odd number.
    """
    height, width = samples.shape[2:]
    mirrored = draws.maybe(draws.whole(2), 0)
    turns = draws.maybe(draws.whole(4), 0)
    right, down = ((draws.uniform(-1, 1) * side / 8).round().long() for side in (width, height))
    happens = draws.maybe(torch.ones_like(turns), 0)
    return move_pixels(samples, mirrored, turns, down * happens, right * happens)


def move_pixels(samples: Tensor, mirrored: Tensor, turns: Tensor, down: Tensor, right: Tensor) -> Tensor:
    """Returns `samples` [N, C, H, W] mirrored where 1, rotated `turns` times clockwise and shifted; all [N], whole."""
    (height, width), device = samples.shape[2:], samples.device
    # twice the distances from the centre of the result, whole numbers: rows [N, H, 1] and columns [N, 1, W]
    rows = 2 * (torch.arange(height, device=device) - down[:, None])[:, :, None] - (height - 1)
    columns = 2 * (torch.arange(width, device=device) - right[:, None])[:, None, :] - (width - 1)
    # the inverse map: the source pixel of each pixel of the result, reflected into the image
    cosine, sine = _cosine(turns), _cosine(turns - 1)
    row = (cosine * rows - sine * columns + height - 1).div(2, rounding_mode="floor")
    column = (sine * rows + cosine * columns + width - 1).div(2, rounding_mode="floor")
    column = torch.where(mirrored[:, None, None] == 1, width - 1 - column, column)
    sources = fold(row, height) * width + fold(column, width)
    flat = sources.flatten(1)[:, None].expand(-1, samples.shape[1], -1)
    return samples.flatten(2).gather(2, flat).view_as(samples)


def _cosine(turns: Tensor) -> Tensor:
    """Returns the cosine [N, 1, 1] of `turns` right angles."""
    quarters = turns.remainder(4)
    return ((quarters == 0).long() - (quarters == 2).long())[:, None, None]
