"""Stored pixels to network inputs, and back."""

from typing import Any, Literal

import torch
from numpy.typing import NDArray
from torch import Tensor

Pixels = NDArray[Any]
"""An array of pixels: uint8, uint16, or float32 in [-1, 1]."""


def to_pixels(images: Tensor, depth: Literal[8, 16] = 8) -> Pixels:
    """Returns images in [-1, 1], of any shape, as uint8 or uint16, clipped and rounded to the nearest.

    The inverse of what `Images.batch` does to pixels; exact for all 256, and all 65,536, values.

    >>> to_pixels(torch.tensor([-1.0, 0.0, 1.0, 7.0]))
    array([  0, 128, 255, 255], dtype=uint8)
    """
    half, kind = (127.5, torch.uint8) if depth == 8 else (32767.5, torch.uint16)
    scaled = images.detach().to("cpu", torch.float32).clamp(-1.0, 1.0).add(1.0).mul_(half).round_()
    pixels: Pixels = scaled.to(kind).numpy()
    return pixels
