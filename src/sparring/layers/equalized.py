"""Equalized learning rate: weights are initialized from N(0, 1) and scaled at each use.

The scale is He's constant 1/√(fan in): an optimizer that normalizes gradients, such as Adam, changes all weights at
the same relative speed (Karras et al. 2018, sec. 4.1).
"""

from math import prod, sqrt

import torch
from torch import Tensor, nn

from sparring.layers.convolution import convolve


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
