"""Leaky ReLU with a gain and a clamp, as the StyleGAN line uses it after every layer."""

from math import sqrt

from torch import Tensor
from torch.nn.functional import leaky_relu_

SLOPE = 0.2

GAIN = sqrt(2)
"""Keeps the second moment of what a leaky ReLU with a small slope halves (He et al. 2015)."""


def activate(values: Tensor, clamp: float | None = None) -> Tensor:
    """Returns leaky ReLU of `values`, which it overwrites, within ±`clamp`.

    It is positively homogeneous: a gain is better given to the layer before, where it costs nothing.
    """
    values = leaky_relu_(values, SLOPE)
    return values if clamp is None else values.clamp(-clamp, clamp)


def biased_activation(values: Tensor, bias: Tensor, gain: float = GAIN, clamp: float | None = None) -> Tensor:
    """Returns `gain` · leaky ReLU of `values` [N, C, ...] + `bias` [C], within ±`clamp`."""
    over = (-1, *(1 for _ in values.shape[2:]))
    return activate((bias * gain).view(over).add(values, alpha=gain), clamp)
