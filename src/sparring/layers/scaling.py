"""Convolutions to images twice or half as large, with the equalized learning rate.

Convolutions commute: the order of filter and learned kernel is free, and only outputs that are kept need computing.
Upsampling and convolving is a transposed convolution, then the filter; convolving and downsampling is the filter, then
a strided convolution. Both take a quarter of the multiplications.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Annotated

import torch
from pydantic import AfterValidator, Field
from torch import Tensor, nn
from torch.nn.functional import pad

from sparring.layers.convolution import convolve_transposed
from sparring.layers.equalized import EqualizedConvolution
from sparring.layers.grids import Size
from sparring.layers.resampling import normalize_taps, upfirdn

BOX = (1.0, 1.0)
"""Nearest neighbours for upsampling, the mean of 2x2 pixels for downsampling."""


def _check_taps(taps: tuple[float, ...]) -> tuple[float, ...]:
    if len(taps) % 2 or not sum(taps):
        raise ValueError("needs an even number of taps, centred between pixels, whose sum is not 0")
    return taps


Taps = Annotated[tuple[float, ...], Field(min_length=2), AfterValidator(_check_taps)]
"""A separable filter for resampling by 2, of any scale: (1, 1) is the box, (1, 3, 3, 1) the box after (1, 2, 1)."""


class UpsamplingConvolution(nn.Module):
    """Upsampling by 2, then a 3x3 convolution, to images of `size`, 2H or 2H - 1 high."""

    def __init__(self, inputs: int, outputs: int, size: Size, taps: Sequence[float] = BOX) -> None:
        super().__init__()
        self.size, self.scale = size, 1 / sqrt(9 * inputs)
        self.weight = nn.Parameter(torch.randn(inputs, outputs, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.register_buffer("taps", normalize_taps(taps), persistent=False)
        self.taps: Tensor

    def forward(self, images: Tensor, gain: float = 1.0) -> Tensor:
        """Returns [N, outputs, *size] times `gain` for `images` [N, inputs, H, W]."""
        grown = convolve_transposed(images, self.weight * (self.scale * gain), stride=2)  # 2H + 1 high
        bottom, right = (wanted - 2 * side for wanted, side in zip(self.size, images.shape[2:], strict=True))
        around = len(self.taps) // 2 - 1
        grown = upfirdn(grown, self.taps, padding=(around, around + right, around, around + bottom), gain=4)
        return grown.add_((self.bias * gain).to(grown.dtype)[:, None, None])


class DownsamplingConvolution(nn.Module):
    """A 3x3 convolution, then downsampling by 2, rounded up.

    The last row or column of an odd side is repeated: means over 2x2 pixels contain only pixels of the image.
    """

    def __init__(self, inputs: int, outputs: int, taps: Sequence[float] = BOX) -> None:
        super().__init__()
        self.convolve = EqualizedConvolution(inputs, outputs, 3, stride=2)
        self.register_buffer("taps", normalize_taps(taps), persistent=False)
        self.taps: Tensor

    def forward(self, images: Tensor, gain: float = 1.0) -> Tensor:
        """Returns [N, outputs, ⌈H/2⌉, ⌈W/2⌉] times `gain` for `images` [N, inputs, H, W]."""
        height, width = images.shape[2:]
        if height % 2 or width % 2:
            images = pad(images, (0, width % 2, 0, height % 2), mode="replicate")
        smaller: Tensor = self.convolve(upfirdn(images, self.taps, padding=len(self.taps) // 2), gain)
        return smaller
