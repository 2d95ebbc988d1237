"""A penalty on inner products between a layer's filters."""

from typing import ClassVar

import torch
from pydantic import NonNegativeFloat
from torch import Tensor

from sparring.adversary import Penalty, PenaltyInputs
from sparring.layers.kernels import list_kernels


class OrthogonalRegularization(Penalty):
    """‖WᵀW ⊙ (1 - I)‖²_F, summed over the player's layers (Brock et al. 2019, sec. 3.1); `weight` is β = 10⁻⁴.

    The columns of W are a layer's filters, of any length. Of a reparametrized weight, W is the trainable one.
    """

    stationary: ClassVar[bool] = True
    needs_double_backward: ClassVar[bool] = False
    players: ClassVar[frozenset[str]] = frozenset({"discriminator", "generator"})

    weight: NonNegativeFloat = 1e-4

    def value(self, inputs: PenaltyInputs) -> Tensor:
        assert inputs.player is not None
        with torch.autocast(inputs.real.device.type, enabled=False):
            return torch.stack([squared_inner_products(filters) for filters in list_kernels(inputs.player)]).sum()


def squared_inner_products(filters: Tensor) -> Tensor:
    """Returns the sum of the squared inner products between all different `filters` [F, D]."""
    count, size = filters.shape
    if count <= size:
        return (filters @ filters.t()).fill_diagonal_(0).square().sum()
    # Use the smaller Gram matrix, since ‖WᵀW‖ = ‖WWᵀ‖: a projection has some 10⁴ filters.
    return (filters.t() @ filters).square().sum() - filters.square().sum(1).square().sum()
