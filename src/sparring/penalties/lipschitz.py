"""Penalties on the norm of the score gradient at points between or around samples."""

from abc import abstractmethod
from typing import ClassVar

import torch
from pydantic import NonNegativeFloat, PositiveFloat
from torch import Tensor
from torch.nn.functional import relu

from sparring.adversary import Penalty, PenaltyInputs


class NormPenalty(Penalty):
    """E `cost`(‖∇D(x̂)‖) at `points` x̂."""

    stationary: ClassVar[bool] = True

    weight: NonNegativeFloat = 10.0

    @abstractmethod
    def points(self, inputs: PenaltyInputs) -> Tensor:
        """Returns the points [N, ...] of the gradients."""

    @abstractmethod
    def cost(self, norms: Tensor) -> Tensor:
        """Returns the penalty of each of the `norms` [N]."""

    def value(self, inputs: PenaltyInputs) -> Tensor:
        _, gradients = inputs.critic.input_gradient(self.points(inputs).detach())
        return self.cost(gradients.flatten(1).norm(dim=1)).mean()


class GradientPenalty(NormPenalty):
    """E(‖∇D(x̂)‖ - 1)² on lines between real and generated samples: WGAN-GP (Gulrajani et al. 2017, eq. 3)."""

    target: NonNegativeFloat = 1.0

    def points(self, inputs: PenaltyInputs) -> Tensor:
        return torch.lerp(inputs.fake, inputs.real, _positions(inputs))

    def cost(self, norms: Tensor) -> Tensor:
        return (norms - self.target).square()


class LipschitzPenalty(GradientPenalty):
    """E max(0, ‖∇D(x̂)‖ - 1)²: the one-sided form, WGAN-LP (Petzka et al. 2018, eq. 8)."""

    def cost(self, norms: Tensor) -> Tensor:
        return relu(norms - self.target).square()


class ZeroCenteredPenalty(GradientPenalty):
    """E‖∇D(x̂)‖² on lines between real and generated samples (Thanh-Tung et al. 2019, eq. 8)."""

    target: NonNegativeFloat = 0.0


class DRAGAN(GradientPenalty):
    """E(‖∇D(x̂)‖ - 1)² around real samples (Kodali et al. 2017), with the perturbation of the authors' code.

    x̂ lies on the line from x to x + c · std(x) · U[0, 1], uniform along it; the standard deviation is
    that of the whole batch and c, 0.5, is `spread`.
    """

    spread: PositiveFloat = 0.5

    def points(self, inputs: PenaltyInputs) -> Tensor:
        real = inputs.real
        noise = torch.rand(real.shape, generator=inputs.random, device=real.device, dtype=real.dtype)
        return real + _positions(inputs) * self.spread * real.std() * noise


def _positions(inputs: PenaltyInputs) -> Tensor:
    """Returns uniform positions in [0, 1) on a line for each sample, [N, 1, ...]."""
    real = inputs.real
    shape = (len(real), *[1] * (real.dim() - 1))
    return torch.rand(shape, generator=inputs.random, device=real.device, dtype=real.dtype)
