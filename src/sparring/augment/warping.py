"""Images scaled, rotated and shifted by any amount, in one pass and without aliasing."""

from math import pi
from typing import Any, cast

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from sparring.augment.draws import Draws
from sparring.augment.wavelets import doubling, halving


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
