"""Gradient reversal: one part of a network maximises the loss that another minimises."""

from typing import Any

import torch
from torch import Tensor


class _Reversal(torch.autograd.Function):
    """R(x) = x, dR/dx = -λ (Ganin et al. 2016, eqs. 16 and 17)."""

    @staticmethod
    def forward(values: Tensor, strength: float) -> Tensor:
        return values.view_as(values)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, float], output: Tensor) -> None:
        _, ctx.strength = inputs

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return -ctx.strength * gradient, None


def reverse_gradient(values: Tensor, strength: float = 1.0) -> Tensor:
    """Returns `values`; gradients are multiplied by -`strength` (Ganin et al. 2016, sec. 4.2)."""
    reversed_: Tensor = _Reversal.apply(values, strength)  # type: ignore[no-untyped-call]
    return reversed_
