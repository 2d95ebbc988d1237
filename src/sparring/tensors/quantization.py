"""Quantized images as continuous samples and back, and the likelihood of the former under a density."""

from math import log

import torch
from torch import Tensor

LEVELS = 256


def dequantize(images: Tensor, random: torch.Generator, levels: int = LEVELS) -> Tensor:
    """Returns `images` in [-1, 1] of `levels` equally spaced levels with uniform noise, which fills [-1, 1].

    Level v of L becomes uniform on [2v/L - 1, 2(v + 1)/L - 1) (Theis et al. 2016, sec. 3.1): bins of equal volume that
    fill the range, and a density of the result bounds a probability of the levels: see `bits_per_dimension`.
    """
    noise = torch.rand(images.shape, generator=random, device=images.device, dtype=images.dtype)
    return (_level(images, levels - 1).round() + noise) * (2 / levels) - 1


def quantize(samples: Tensor, levels: int = LEVELS) -> Tensor:
    """Returns images in [-1, 1], the inverse of `dequantize`; values outside [-1, 1] become -1 or 1."""
    return _level(samples, levels).floor().clamp(0, levels - 1) * (2 / (levels - 1)) - 1


def bits_per_dimension(log_density: Tensor, dimensions: int, levels: int = LEVELS) -> Tensor:
    """Returns -log₂ P / dimensions for log densities [N] (natural) of dequantized images, `dimensions` numbers each.

    A bin has the volume (2/levels)^dimensions, hence log P ≥ E log p(x + noise) + dimensions · log(2/levels)
    (Theis et al. 2016, eq. 5). Uniform noise on [-1, 1] scores log₂ levels.
    """
    return (log(levels / 2) - log_density / dimensions) / log(2)


def _level(values: Tensor, top: int) -> Tensor:
    """Returns `values` from [-1, 1] on the scale from 0 to `top`."""
    return (values + 1) * (top / 2)
