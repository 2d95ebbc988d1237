"""Layers of growing and style-based networks: equalized learning rates, activation, pixel normalization."""

from math import prod, sqrt

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu_

from sparring.layers.convolution import convolve

SLOPE = 0.2

GAIN = sqrt(2)
"""Restores the second moment, which a leaky ReLU with a small slope halves (He et al. 2015)."""


def activate(values: Tensor, clamp: float | None = None) -> Tensor:
    """Returns leaky ReLU of `values`, overwritten in place, clamped to ±`clamp`.

    It is positively homogeneous: a gain belongs in the layer before, where it costs nothing.
    """
    values = leaky_relu_(values, SLOPE)
    return values if clamp is None else values.clamp(-clamp, clamp)


def biased_activation(values: Tensor, bias: Tensor, gain: float = GAIN, clamp: float | None = None) -> Tensor:
    """Returns `gain` · leaky ReLU of `values` [N, C, ...] + `bias` [C], clamped to ±`clamp`."""
    over = (-1, *(1 for _ in values.shape[2:]))
    return activate((bias * gain).view(over).add(values, alpha=gain), clamp)


class EqualizedLinear(nn.Module):
    """x W^T / √n + b for n inputs, in full precision: its outputs control whole images and cost little.

    `rate` multiplies the learning rate: parameters are stored divided by it.
    """

    def __init__(self, inputs: int, outputs: int, rate: float = 1.0, bias: float = 0.0) -> None:
        super().__init__()
        self.rate, self.scale = rate, rate / sqrt(inputs)
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias / rate))

    @property
    def scaled(self) -> Tensor:
        """The effective weights [outputs, inputs]."""
        return self.weight * self.scale

    def forward(self, inputs: Tensor, gain: float = 1.0) -> Tensor:
        """Returns [N, outputs] times `gain` for `inputs` [N, inputs]."""
        scale, rate = self.scale * gain, self.rate * gain
        with torch.autocast(inputs.device.type, enabled=False):
            inputs = inputs.to(self.weight.dtype)
            return torch.addmm(self.bias, inputs, self.weight.t(), beta=rate, alpha=scale)

    def extra_repr(self) -> str:
        """Returns the sizes, for printing."""
        outputs, inputs = self.weight.shape
        return f"{inputs}, {outputs}, rate={self.rate:g}"


class EqualizedConvolution(nn.Module):
    """A convolution with W / √n of n = inputs · kernel² numbers; at `stride` 1 images keep their size.

    Strided ones have no padding: the filter before them pads.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, bias: bool = True) -> None:
        super().__init__()
        self.stride, self.padding = stride, kernel // 2 if stride == 1 else 0
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.scale = 1 / sqrt(prod(self.weight.shape[1:]))

    def forward(self, images: Tensor, gain: float = 1.0) -> Tensor:
        """Returns [N, outputs, H', W'] times `gain` for `images` [N, inputs, H, W]."""
        scale = self.scale * gain
        fewer = images.numel() < self.weight.numel()  # scales whichever is smaller
        images, weight = (images * scale, self.weight) if fewer else (images, self.weight * scale)
        bias = None if self.bias is None else self.bias * gain
        return convolve(images, weight, bias, self.stride, self.padding)

    def extra_repr(self) -> str:
        """Returns the sizes, for printing."""
        outputs, inputs, kernel, _ = self.weight.shape
        return f"{inputs}, {outputs}, kernel={kernel}, stride={self.stride}"


def normalize_pixels(values: Tensor) -> Tensor:
    """Returns `values` [N, C, ...] divided by √(their mean square over C + 10⁻⁸)."""
    return values * (values.square().mean(1, keepdim=True) + 1e-8).rsqrt()
