"""Adaptive instance normalization: a style scales and shifts each channel of a sample."""

import torch
from torch import Tensor, nn

from sparring.layers.equalized import EqualizedLinear

EPSILON = 1e-8


def adaptive_instance_norm(images: Tensor, scales: Tensor, shifts: Tensor) -> Tensor:
    """Returns `images` [N, C, H, W], each channel normalized over its pixels, times `scales` plus `shifts`, [N, C].

    AdaIN(x, y) = y_s (x - μ(x)) / √(σ²(x) + ε) + y_b (Karras et al. 2019, eq. 1). Keeps the dtype of `images`;
    statistics are at least float32.
    """
    with torch.autocast(images.device.type, enabled=False):
        # Groups of one channel are instances; unlike PyTorch's instance norm this keeps channels-last, in half the
        # time. The functional group norm would refuse a single pixel.
        normalized = torch.group_norm(images, images.shape[1], eps=EPSILON)
        scales, shifts = (factors.to(images.dtype)[:, :, None, None] for factors in (scales, shifts))
        return torch.addcmul(shifts, normalized, scales)


class AdaptiveInstanceNorm(nn.Module):
    """`adaptive_instance_norm` by 1 + s and b, an affine map of an intermediate latent of length `width`."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.affine = EqualizedLinear(width, 2 * channels)

    def forward(self, images: Tensor, latents: Tensor) -> Tensor:
        """Returns [N, C, H, W] for `images` [N, C, H, W] and `latents` [N, width]."""
        scales, shifts = self.affine(latents).chunk(2, 1)
        return adaptive_instance_norm(images, 1 + scales, shifts)
