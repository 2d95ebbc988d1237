"""Moves of images: by whole pixels, and affine ones through wavelets (Karras et al. 2020, appendix B)."""

from collections.abc import Sequence
from itertools import accumulate
from math import pi
from typing import Any, cast

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from sparring.augment.draws import Draws

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


def warp_at_random(samples: Tensor, draws: Draws) -> Tensor:
    """Returns images [N, C, H, W] scaled, rotated, stretched, rotated again and shifted, in this order and one pass.

    Each with the probability p of `draws`, the two rotations with 1 - √(1 - p) each, together with p (Karras et al.
    2020, appendix B, "general geometric transformations"). The deviations are the paper's: a fifth of an octave for
    scales and an eighth of a side for shifts.
    """
    height, width = samples.shape[2:]
    rotation_probability = 1 - (1 - draws.probability) ** 0.5
    scale = draws.maybe(draws.scale(0.2), 1)
    before = draws.maybe(draws.uniform(-pi, pi), 0, rotation_probability)
    stretch = draws.maybe(draws.scale(0.2), 1)
    after = draws.maybe(draws.uniform(-pi, pi), 0, rotation_probability)
    right, down = draws.normal(width / 8), draws.normal(height / 8)
    happens = draws.maybe(torch.ones_like(right), 0)
    scales = torch.diag_embed(torch.stack((scale * stretch, scale / stretch), -1))
    matrix = rotation(after) @ scales @ rotation(before)
    return warp(samples, matrix, torch.stack((right * happens, down * happens), -1))


def rotation(angles: Tensor) -> Tensor:
    """Returns the matrices [N, 2, 2] that rotate (right, down) by `angles` [N], clockwise in the image."""
    cosine, sine = angles.cos(), angles.sin()
    return torch.stack((cosine, -sine, sine, cosine), -1).view(-1, 2, 2)


def warp(samples: Tensor, matrix: Tensor, shift: Tensor) -> Tensor:
    """Returns `samples` [N, C, H, W] with pixels p, (right, down) of the centre, moved to `matrix` p + `shift`.

    `matrix` [N, 2, 2], `shift` [N, 2] in pixels. Images are upsampled by 2 with the wavelet filter sym6, interpolated
    bilinearly, and downsampled with the same filter; the identity returns them exactly. They are padded by reflection
    without end.
    """
    height, width = samples.shape[2:]
    doubled = doubling(height, samples) @ samples @ doubling(width, samples).mT
    moved = sample_bilinearly(doubled, _sources(samples, _invert(matrix), shift))
    return halving(height, samples) @ moved @ halving(width, samples).mT


def _invert(matrix: Tensor) -> Tensor:
    """Returns the inverse of matrices [N, 2, 2]; `torch.linalg.inv` would wait for the device."""
    a, b, c, d = matrix.flatten(1).unbind(1)
    return torch.stack((d, -b, -c, a), -1).view(-1, 2, 2) / (a * d - b * c)[:, None, None]


def _sources(samples: Tensor, inverse: Tensor, shift: Tensor) -> Tensor:
    """Returns the source of each sample of the result, [N, 2 H + 10, 2 W + 10, 2], in `grid_sample`'s coordinates."""
    centre = samples.new_tensor(samples.shape[:1:-1]) / 2  # (right, down)
    # the inverse map at all samples of the result, in pixels from the centre
    right, down = (
        (torch.arange(-5, 2 * side + 5, device=samples.device) + 0.5) / 2 - side / 2
        for side in reversed(samples.shape[2:])
    )
    moved = torch.einsum("nij,nj->ni", inverse, shift)
    across, along = inverse[:, :, 0], inverse[:, :, 1]
    places = across[:, None, None] * right.to(samples)[:, None] + along[:, None, None] * down.to(samples)[:, None, None]
    periods = samples.new_tensor([max(2 * side - 2, 1) for side in reversed(samples.shape[2:])])  # in pixels
    # reflected images are periodic: the fraction of a period, from [0, 1) to [-1, 1)
    turns = (places + (centre - moved - 0.25)[:, None, None]) / periods
    return 2 * (turns - turns.floor()) - 1


def sample_bilinearly(images: Tensor, grid: Tensor) -> Tensor:
    """Returns `images` [N, C, H, W] at `grid` [N, h, w, 2], in `grid_sample`'s coordinates.

    The map is linear in the images: its derivatives of any order alternate between the map and its adjoint. PyTorch
    2.11 differentiates `grid_sample` once.
    """
    return cast(Tensor, _BilinearSampling.apply(images, grid))  # type: ignore[no-untyped-call]


class _BilinearSampling(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, images: Tensor, grid: Tensor) -> Tensor:
        ctx.save_for_backward(grid)
        ctx.shape = images.shape
        return grid_sample(images, grid, align_corners=True)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (grid,) = ctx.saved_tensors
        return _Adjoint.apply(gradients[0], grid, ctx.shape), None  # type: ignore[no-untyped-call]


class _Adjoint(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, samples: Tensor, grid: Tensor, shape: torch.Size) -> Tensor:
        ctx.save_for_backward(grid)
        images, bilinear, zeros = samples.new_empty(()).expand(shape), 0, 0  # it reads only the images' shape
        gradients = torch.ops.aten.grid_sampler_2d_backward(samples, images, grid, bilinear, zeros, True, (True, False))
        return cast(Tensor, gradients[0])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (grid,) = ctx.saved_tensors
        return sample_bilinearly(gradients[0], grid), None, None
