"""Invertible functions with known Jacobian determinants, the building blocks of flows."""

from math import log, prod

import torch
from torch import Tensor, cat, nn
from torch.nn.functional import softplus

Mapped = tuple[Tensor, Tensor]
"""The values of a bijection for a batch, and ln|det ∂values/∂batch| of each sample, [N]."""


class Bijection(nn.Module):
    """An invertible function of [N, ...], given an optional condition [N]."""

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Mapped:
        """Returns the outputs for `inputs`, and the logarithms [N] of the Jacobian determinants."""
        raise NotImplementedError

    def inverse(self, outputs: Tensor, condition: Tensor | None = None) -> Mapped:
        """Returns the inputs that give `outputs`, and the logarithms [N] of the inverse's Jacobian determinants."""
        raise NotImplementedError


class Chain(Bijection):
    """A composition of bijections, in the order that `forward` applies them."""

    def __init__(self, *parts: Bijection) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Mapped:
        total = _zeros(inputs)
        for part in self.parts:
            inputs, log_determinant = part(inputs, condition)
            total = total + log_determinant
        return inputs, total

    def inverse(self, outputs: Tensor, condition: Tensor | None = None) -> Mapped:
        total = _zeros(outputs)
        for part in reversed(list(self.parts)):
            outputs, log_determinant = part.inverse(outputs, condition)  # type: ignore[operator]
            total = total + log_determinant
        return outputs, total


class Reshape(Bijection):
    """Vectors [N, n] to samples [N, *`shape`] of the same dimension."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Mapped:
        return inputs.reshape(-1, *self.shape), _zeros(inputs)

    def inverse(self, outputs: Tensor, condition: Tensor | None = None) -> Mapped:
        return outputs.flatten(1), _zeros(outputs)


class Scale(Bijection):
    """Vectors [N, n] to images: `finer` maps twice as many channels, the second half of them from `coarser`.

    The first numbers of a vector are the first half, [N, *`shape`] (Dinh et al. 2017, sec. 3.6; from the image's side,
    half of the variables is factored out, the other half is transformed further).
    """

    def __init__(self, shape: tuple[int, ...], finer: Bijection, coarser: Bijection) -> None:
        super().__init__()
        self.shape, self.finer, self.coarser = shape, finer, coarser

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Mapped:
        size = prod(self.shape)
        grid, below = self.coarser(inputs[:, size:], condition)
        images, here = self.finer(cat((inputs[:, :size].reshape(-1, *self.shape), grid), 1), condition)
        return images, below + here

    def inverse(self, outputs: Tensor, condition: Tensor | None = None) -> Mapped:
        both, here = self.finer.inverse(outputs, condition)
        own, grid = both.chunk(2, 1)
        rest, below = self.coarser.inverse(grid, condition)
        return cat((own.flatten(1), rest), 1), below + here


class DiagonalScaling(Bijection):
    """x · exp(s), with a learned s for each component of [N, `size`] (Dinh et al. 2015, sec. 3.3)."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.zeros(size))

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Mapped:
        return inputs * self.log_scale.exp(), self.log_scale.sum().expand(len(inputs))

    def inverse(self, outputs: Tensor, condition: Tensor | None = None) -> Mapped:
        return outputs * (-self.log_scale).exp(), -self.log_scale.sum().expand(len(outputs))


class DepthToSpace(Bijection):
    """[N, 4C, H, W] to [N, C, 2H, 2W]: the inverse is the squeezing of Real NVP (Dinh et al. 2017, sec. 3.6).

    The first half of the channels becomes the even rows, the second the odd ones: a channel mask partitions an image
    differently from a checkerboard.
    """

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Mapped:
        count, channels, height, width = inputs.shape
        parts = inputs.reshape(count, 2, 2, channels // 4, height, width).permute(0, 3, 4, 1, 5, 2)
        return parts.reshape(count, channels // 4, 2 * height, 2 * width), _zeros(inputs)

    def inverse(self, outputs: Tensor, condition: Tensor | None = None) -> Mapped:
        count, channels, height, width = outputs.shape
        parts = outputs.reshape(count, channels, height // 2, 2, width // 2, 2).permute(0, 3, 5, 1, 2, 4)
        return parts.reshape(count, 4 * channels, height // 2, width // 2), _zeros(outputs)


class Squash(Bijection):
    """Real numbers to ±1/(1 - 2α), α being `margin`: x = 2y - 1 with σ(h) = α + (1 - 2α) y.

    The inverse is the logit transform of Dinh et al. 2017, sec. 4.1, of x in [-1, 1]: h = logit(α + (1 - 2α)(x + 1)/2).
    """

    def __init__(self, margin: float) -> None:
        super().__init__()
        self.share = 1 - 2 * margin

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Mapped:
        return (inputs / 2).tanh() / self.share, self._log_determinant(inputs)

    def inverse(self, outputs: Tensor, condition: Tensor | None = None) -> Mapped:
        inputs = 2 * (outputs * self.share).atanh()
        return inputs, -self._log_determinant(inputs)

    def _log_determinant(self, inputs: Tensor) -> Tensor:
        each = log(2 / self.share) - softplus(inputs) - softplus(-inputs)
        return each.flatten(1).sum(1)


def _zeros(inputs: Tensor) -> Tensor:
    return inputs.new_zeros(len(inputs))
