"""Regularization of optimized noise (Karras et al. 2020, appendix D)."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

SMALLEST = 8
"""The lowest resolution at which noise is compared with its neighbours."""


def noise_correlation(noise: Sequence[Tensor]) -> Tensor:
    """Returns the squared autocorrelation [N] of each layer's `noise` [N, 1, H, W]; about 0 for white noise.

    Σ (mean n(x, y) n(x-1, y))² + (mean n(x, y) n(x, y-1))² over layers and resolutions. Each resolution is the mean of
    2x2 pixels of the one before, times 2, which keeps the variance of white noise. Neighbours are cyclic.
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
    """Normalizes each map of `noise` [N, 1, H, W] to mean 0 and variance 1, in place; single pixels stay unchanged."""
    with torch.no_grad():
        for level in noise:
            if level[0].numel() > 1:
                deviation, mean = torch.std_mean(level, (1, 2, 3), correction=0, keepdim=True)
                level.sub_(mean).div_(deviation.clamp_min(1e-8))
