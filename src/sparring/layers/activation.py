"""Leaky ReLU with a gain and a clamp, the activation of the StyleGAN networks."""

from math import sqrt

from torch import Tensor
from torch.nn.functional import leaky_relu_

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
