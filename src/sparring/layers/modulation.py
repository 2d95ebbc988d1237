"""Convolutions whose weights a style modulates: each sample's input channels are scaled before the sum over them.

With styles s, weights w and outputs o, the modulated weights are w'_oi = s_i · w_oi, and demodulation divides them by
their norm for each output (Karras et al. 2020, eqs. 1-3):

    w''_oi = w'_oi / √(Σ_ik w'_oik² + ε)

No sample needs its own weights for that. Scaling a weight's inputs is scaling the activations, and the norms of all
samples are one matrix product, √(s² · Σ_k w²ᵀ): one convolution then serves the whole batch.
"""

from math import sqrt

import torch
from torch import Tensor, nn

from sparring.layers.convolution import convolve, convolve_transposed
from sparring.layers.equalized import GAIN, EqualizedLinear, activate
from sparring.layers.grids import Size
from sparring.layers.resampling import normalize_taps, upfirdn

EPSILON = 1e-8

TAPS = (1.0, 3.0, 3.0, 1.0)
"""The filter of StyleGAN2's resampling, a B-spline."""


def demodulation(energy: Tensor, styles: Tensor) -> Tensor:
    """Returns the demodulation factors [N, O] of output channels: 1/√(Σ_i s_i² · energy_io + ε), at least float32.

    `energy` [I, O] holds sums of squared weights, `styles` are [N, I].
    """
    with torch.autocast(styles.device.type, enabled=False):
        return (styles.square() @ energy + EPSILON).rsqrt()


def modulated_convolution(images: Tensor, styles: Tensor, weight: Tensor) -> Tensor:
    """Returns `images` [N, I, H, W] convolved with `weight` [O, I, K, K] modulated by `styles` [N, I], demodulated.

    The size stays the same; K is odd.
    """
    outputs = convolve(scale_channels(images, styles), weight, padding=weight.shape[-1] // 2)
    return scale_channels(outputs, demodulation(weight.square().sum((2, 3)).t(), styles))


def scale_channels(images: Tensor, factors: Tensor) -> Tensor:
    """Returns `images` [N, C, H, W] with each channel times its factor of [N, C], in the images' dtype."""
    return images * factors.to(images.dtype)[:, :, None, None]


class NoiseInput(nn.Module):
    """Single-channel noise, the same for all channels, times a learned strength, 0 at first.

    The strength is one number (StyleGAN2), or one for each of `channels` (StyleGAN). `constant` [1, 1, H, W] is
    sampled once and makes images deterministic in evaluation.
    """

    def __init__(self, size: Size, channels: int | None = None) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(() if channels is None else (channels, 1, 1)))
        self.register_buffer("constant", torch.randn(1, 1, *size))
        self.constant: Tensor

    def forward(self, noise: Tensor, gain: float = 1.0) -> Tensor:
        """Returns `noise` [N, 1, H, W], or [1, 1, H, W] for all samples, scaled by strength and `gain`."""
        return noise * (self.strength * gain)


class StyledConvolution(nn.Module):
    """A modulated and demodulated 3x3 convolution, noise, bias and leaky ReLU: StyleGAN2's layer (fig. 2d).

    `size` is the output size, `style` the length of the intermediate latent, from which an affine map A computes the
    styles. The weights have no equalized learning rate, which demodulation would undo. `noisy` adds the noise.
    """

    def __init__(
        self, inputs: int, outputs: int, style: int, size: Size, clamp: float | None = None, noisy: bool = True
    ) -> None:
        super().__init__()
        self.clamp = clamp
        self.affine = EqualizedLinear(style, inputs, bias=1)
        self.weight = nn.Parameter(self.draw_weight(inputs, outputs))
        self.noise = NoiseInput(size) if noisy else None
        self.bias = nn.Parameter(torch.zeros(outputs))

    def draw_weight(self, inputs: int, outputs: int) -> Tensor:
        """Returns initial weights, from N(0, 1)."""
        return torch.randn(outputs, inputs, 3, 3)

    def energy(self) -> Tensor:
        """Returns Σ w² over the kernel, [I, O]."""
        return self.weight.square().sum((2, 3)).t()

    def convolve(self, images: Tensor) -> Tensor:
        """Returns `images` [N, I, H, W] convolved with the unmodulated weights."""
        return convolve(images, self.weight, padding=1)

    def forward(self, images: Tensor, latents: Tensor, noise: Tensor | None, gain: float = 1.0) -> Tensor:
        """Returns [N, O, *size] times `gain` for `images` [N, I, H, W], `latents` [N, style] and, if any, noise."""
        styles = self.affine(latents)
        outputs = self.convolve(scale_channels(images, styles))
        # Leaky ReLU is homogeneous: gains multiply the small tensors among its addends.
        gain *= GAIN
        factors = (demodulation(self.energy(), styles) * gain).to(outputs.dtype)
        outputs = torch.addcmul((self.bias * gain).to(outputs.dtype)[:, None, None], outputs, factors[:, :, None, None])
        if noise is not None and self.noise is not None:
            outputs = outputs.add_(self.noise(noise, gain))
        return activate(outputs, None if self.clamp is None else self.clamp * gain / GAIN)


class UpsamplingStyledConvolution(StyledConvolution):
    """A styled convolution to images twice as large: a transposed convolution, then StyleGAN2's filter.

    The weights are [I, O, 3, 3], the layout of PyTorch's transposed convolutions.
    """

    def __init__(
        self, inputs: int, outputs: int, style: int, size: Size, clamp: float | None = None, noisy: bool = True
    ) -> None:
        super().__init__(inputs, outputs, style, size, clamp, noisy)
        self.size = size
        self.register_buffer("taps", normalize_taps(TAPS), persistent=False)
        self.taps: Tensor

    def draw_weight(self, inputs: int, outputs: int) -> Tensor:
        return torch.randn(inputs, outputs, 3, 3)

    def energy(self) -> Tensor:
        return self.weight.square().sum((2, 3))

    def convolve(self, images: Tensor) -> Tensor:
        grown = convolve_transposed(images, self.weight, stride=2)  # 2H + 1 high
        bottom, right = (wanted - 2 * side for wanted, side in zip(self.size, images.shape[2:], strict=True))
        return upfirdn(grown, self.taps, padding=(1, 1 + right, 1, 1 + bottom), gain=4)


class ToImage(nn.Module):
    """Activations to the channels of an image: a modulated 1x1 convolution without demodulation, and a bias."""

    def __init__(self, inputs: int, channels: int, style: int, clamp: float | None = None) -> None:
        super().__init__()
        self.clamp = clamp
        self.affine = EqualizedLinear(style, inputs, bias=1)
        self.weight = nn.Parameter(torch.randn(channels, inputs))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.scale = 1 / sqrt(inputs)

    def forward(self, images: Tensor, latents: Tensor) -> Tensor:
        """Returns [N, channels, H, W] for `images` [N, I, H, W] and `latents` [N, style]."""
        # With so few outputs, weights for each sample are cheap: a matrix product instead of scaling the images.
        weight = self.weight * self.affine(latents, gain=self.scale)[:, None]
        rows = images.permute(0, 2, 3, 1).flatten(1, 2)
        outputs = torch.baddbmm(self.bias.to(images.dtype), rows, weight.to(images.dtype).transpose(1, 2))
        outputs = outputs.transpose(1, 2).view(len(images), len(self.bias), *images.shape[2:])
        return outputs if self.clamp is None else outputs.clamp(-self.clamp, self.clamp)
