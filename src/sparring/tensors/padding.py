"""Images made larger by reflection."""

import torch
from torch import Tensor


def mirrored(images: Tensor, height: int, width: int) -> Tensor:
    """Returns `images` [N, C, H, W] reflected at their lower and right ends up to [N, C, height, width].

    The pixels at the ends are not repeated, and what is smaller than half of the result is reflected again and again.
    """
    for side, length in ((2, height), (3, width)):
        if images.shape[side] != length:
            images = images.index_select(side, _reflect(images.shape[side], length).to(images.device))
    return images


def _reflect(side: int, length: int) -> Tensor:
    """Returns 0, 1, …, side - 1, side - 2, …, 0, 1, … [length]."""
    places = torch.arange(length) % max(2 * side - 2, 1)
    return torch.minimum(places, 2 * side - 2 - places)
