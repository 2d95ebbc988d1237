"""Coupling layers: one part of a sample is transformed by a function of the other part, which stays unchanged."""

import torch
from torch import Tensor, nn

from sparring.layers.bijections import Bijection, Mapped


class AdditiveCoupling(Bijection):
    """x_b + m(x_a), of determinant 1 (Dinh et al. 2015, sec. 3.2), for vectors [N, size].

    a are the even indices or, with a `parity` of 1, the odd ones; b are the others. `network` is m, a function of x_a
    and the condition with the dimension of x_b.
    """

    moved: Tensor

    def __init__(self, size: int, parity: int, network: nn.Module) -> None:
        super().__init__()
        self.parity, self.network = parity, network
        self.register_buffer("moved", torch.arange(1 - parity, size, 2), persistent=False)

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Mapped:
        return inputs.index_add(1, self.moved, self._shift(inputs, condition)), inputs.new_zeros(len(inputs))

    def inverse(self, outputs: Tensor, condition: Tensor | None = None) -> Mapped:
        shift = self._shift(outputs, condition)
        return outputs.index_add(1, self.moved, shift, alpha=-1), outputs.new_zeros(len(outputs))

    def _shift(self, values: Tensor, condition: Tensor | None) -> Tensor:
        shift: Tensor = self.network(values[:, self.parity :: 2], condition)
        return shift.to(values.dtype)


class AffineCoupling(Bijection):
    """b ⊙ x + (1 - b) ⊙ (x ⊙ exp(s(b ⊙ x)) + t(b ⊙ x)) (Dinh et al. 2017, eq. 9), for images [N, C, H, W].

    `mask` is b, [1, H, W] or [C, 1, 1]. `network`, a function of b ⊙ x and the condition, returns [N, 2C, H, W]: the
    raw scale and t. s = l ⊙ tanh(raw scale) with a limit l learned for each channel, which bounds the scale.
    """

    mask: Tensor

    def __init__(self, channels: int, mask: Tensor, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.limit = nn.Parameter(torch.ones(channels, 1, 1))
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Mapped:
        log_scale, shift = self._scale_and_shift(inputs, condition)
        return inputs * log_scale.exp() + shift, log_scale.flatten(1).sum(1)

    def inverse(self, outputs: Tensor, condition: Tensor | None = None) -> Mapped:
        log_scale, shift = self._scale_and_shift(outputs, condition)
        return (outputs - shift) * (-log_scale).exp(), -log_scale.flatten(1).sum(1)

    def _scale_and_shift(self, values: Tensor, condition: Tensor | None) -> Mapped:
        log_scale, shift = self.network(values * self.mask, condition).to(values.dtype).chunk(2, 1)
        moved = 1 - self.mask
        return moved * self.limit * log_scale.tanh(), moved * shift


def checkerboard_mask(height: int, width: int, parity: int) -> Tensor:
    """Returns [1, H, W], 1 where row + column is even, or with a `parity` of 1 odd."""
    return (torch.arange(height)[:, None] + torch.arange(width) + 1 + parity).remainder(2).float()[None]


def channel_mask(channels: int, parity: int) -> Tensor:
    """Returns [C, 1, 1], 1 for the first half of the channels, or with a `parity` of 1 the second."""
    first = torch.arange(channels) < channels // 2
    return (first if parity == 0 else ~first).float()[:, None, None]
