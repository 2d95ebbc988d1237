"""Filters of orthogonal wavelets, and matrices that apply filters to images padded by reflection.

The padding is infinite and does not repeat the edge: an image is then periodic, as in its cosine transform, and a
filter is one matrix for its rows and one for its columns.
"""

from collections.abc import Sequence
from itertools import accumulate

import torch
from torch import Tensor

SYM2 = (-0.12940952255092145, 0.22414386804185735, 0.836516303737469, 0.48296291314469025)
"""The low-pass filter of Daubechies' symlet with 2 vanishing moments; its squares sum to 1, its taps to √2."""

SYM6 = (
    0.015404109327027373,
    0.0034907120842174702,
    -0.11799011114819057,
    -0.048311742585633,
    0.4910559419267466,
    0.787641141030194,
    0.3379294217276218,
    -0.07263752278646252,
    -0.021060292512300564,
    0.04472490177066578,
    0.0017677118642428036,
    -0.007800708325034148,
)
"""The low-pass filter of the symlet with 6 vanishing moments (Daubechies 1992, table 6.3)."""


def fold(places: Tensor, side: int) -> Tensor:
    """Returns the pixels of `side` at whole `places` of the reflected image, any number of sides away."""
    if side == 1:
        return torch.zeros_like(places)
    folded = places.remainder(2 * side - 2)
    return torch.minimum(folded, 2 * side - 2 - folded)


def doubling(side: int, like: Tensor) -> Tensor:
    """Returns the matrix [2T + 1, side] that upsamples pixels by 2, over one period T of their reflections.

    Row m is at (m + ½) / 2 pixels from the edge; the last row repeats the first. `halving` is its inverse.
    """
    period = max(2 * side - 2, 1)
    rows = torch.arange(2 * period + 1, device=like.device)
    first = (rows - 5).div(2, rounding_mode="floor")  # of the six pixels i with a tap at 0 <= m - 2i + 5 <= 11
    pixels = first[:, None] + torch.arange(6, device=like.device)
    taps = like.new_tensor(SYM6) * 2**0.5
    weights = taps[rows[:, None] - 2 * pixels + 5]
    return like.new_zeros(len(rows), side).scatter_add_(1, fold(pixels, side), weights)


def halving(side: int, like: Tensor) -> Tensor:
    """Returns the matrix [side, 2 side + 10] back to pixels from samples at (m + ½) / 2 with m = -5, …, 2 side + 4."""
    columns = 2 * torch.arange(side, device=like.device)[:, None] + torch.arange(12, device=like.device)
    taps = like.new_tensor(SYM6) / 2**0.5
    return like.new_zeros(side, 2 * side + 10).scatter_(1, columns, taps.expand(side, 12))


def octaves() -> list[list[float]]:
    """Returns four filters [4, 43] that separate frequencies at π/8, π/4 and π/2, lowest band first; they sum to 1.

    With H the z-transform of SYM2 the bands are H(z)H(1/z)H(z²)H(z⁻²)H(z⁴)H(z⁻⁴)/8, the same with H(-z⁴) last,
    H(z)H(1/z)H(-z²)H(-z⁻²)/4 and H(-z)H(-1/z)/2 (Karras et al. 2020, appendix B).
    """
    low, high = _power(SYM2), _power([tap * (-1) ** place for place, tap in enumerate(SYM2)])
    low_passes = list(accumulate((_dilate(low, 2**level) for level in range(3)), _convolve))
    middle = [_convolve(low_passes[level - 1], _dilate(high, 2**level)) for level in (2, 1)]
    return [_pad(band, 43) for band in (low_passes[2], *middle, high)]


def reflecting(filters: Tensor, side: int) -> Tensor:
    """Returns the matrices [K, side, side] of symmetric `filters` [K, taps] on reflected rows."""
    half = filters.shape[1] // 2
    places = torch.arange(side, device=filters.device)[:, None] + torch.arange(-half, half + 1, device=filters.device)
    sources = fold(places, side).expand(len(filters), -1, -1)
    weights = filters[:, None, :].expand(-1, side, -1)
    return filters.new_zeros(len(filters), side, side).scatter_add_(2, sources, weights)


def _power(taps: Sequence[float]) -> list[float]:
    """Returns the filter F(z)F(1/z) / 2."""
    return [value / 2 for value in _convolve(taps, taps[::-1])]


def _convolve(one: Sequence[float], other: Sequence[float]) -> list[float]:
    product = [0.0] * (len(one) + len(other) - 1)
    for place, factor in enumerate(one):
        for offset, tap in enumerate(other):
            product[place + offset] += factor * tap
    return product


def _dilate(taps: Sequence[float], by: int) -> list[float]:
    """Returns the filter F(z^by)."""
    dilated = [0.0] * (by * (len(taps) - 1) + 1)
    dilated[::by] = taps
    return dilated


def _pad(taps: list[float], length: int) -> list[float]:
    """Returns `taps` padded with zeros on both sides to `length`."""
    margin = [0.0] * ((length - len(taps)) // 2)
    return [*margin, *taps, *margin]
