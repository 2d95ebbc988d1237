"""Padding of images by reflection."""

import torch
from torch import Tensor


def reflect_pad(images: Tensor, height: int, width: int) -> Tensor:
    """Returns `images` [N, C, H, W] padded at the bottom and right by reflection, to [N, C, height, width].

    Edge pixels are not repeated; images smaller than half of the result are reflected several times.
    """
    for side, length in ((2, height), (3, width)):
        if images.shape[side] != length:
            images = images.index_select(side, _reflect(images.shape[side], length).to(images.device))
    return images


def _reflect(side: int, length: int) -> Tensor:
    """Returns 0, 1, …, side - 1, side - 2, …, 0, 1, … [length]."""
    places = torch.arange(length) % max(2 * side - 2, 1)
    return torch.minimum(places, 2 * side - 2 - places)
