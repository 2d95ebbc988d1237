"""Penalties on the gradient of the discriminator's scores with respect to its samples."""

from typing import ClassVar

from torch import Tensor

from sparring.adversary import Penalty, PenaltyInputs, Side


class R1(Penalty):
    """½ E‖∇D(x)‖² at real samples (Mescheder et al. 2018, eq. 9); `weight` is the paper's γ."""

    stationary: ClassVar[bool] = True
    gradient_sides: ClassVar[frozenset[Side]] = frozenset({"real"})

    def value(self, inputs: PenaltyInputs) -> Tensor:
        return inputs.input_gradient("real").square().sum(1).mean() / 2


class R2(Penalty):
    """½ E‖∇D(G(z))‖² at generated samples (Mescheder et al. 2018, eq. 10); `weight` is the paper's γ."""

    stationary: ClassVar[bool] = True
    gradient_sides: ClassVar[frozenset[Side]] = frozenset({"fake"})

    def value(self, inputs: PenaltyInputs) -> Tensor:
        return inputs.input_gradient("fake").square().sum(1).mean() / 2
