"""Noise that is optimized, and stays noise (Karras et al. 2020, appendix D)."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

SMALLEST = 8
"""Noise is compared with its neighbours at every resolution down to this one."""


def noise_correlation(noise: Sequence[Tensor]) -> Tensor:
    """Returns [N], how much each layer's `noise` [N, 1, H, W] says of its neighbours: 0 in the mean where it is white.

    It is Σ (mean n(x, y) n(x-1, y))² + (mean n(x, y) n(x, y-1))², over the layers and, of each, over the resolutions
    that averaging 2x2 pixels gives, times 2, which keeps the variance of white noise. Neighbours are cyclic.
    """
    total = noise[0].new_zeros(len(noise[0]))
    for level in noise:
        while True:
            for axis in (2, 3):
                total = total + (level * level.roll(1, axis)).mean((1, 2, 3)).square()
            if min(level.shape[2:]) <= SMALLEST:
                break
            level = avg_pool2d(level, 2) * 2
    return total


def normalize_noise(noise: Sequence[Tensor]) -> None:
    """Gives each map of `noise` [N, 1, H, W] mean 0 and variance 1, in place; one pixel's stays as it is."""
    with torch.no_grad():
        for level in noise:
            if level[0].numel() > 1:
                deviation, mean = torch.std_mean(level, (1, 2, 3), correction=0, keepdim=True)
                level.sub_(mean).div_(deviation.clamp_min(1e-8))
