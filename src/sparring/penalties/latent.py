"""Penalties on the effect of a small step in latent space."""

from typing import ClassVar

import torch
from pydantic import NonNegativeFloat, PositiveFloat
from torch import Tensor

from sparring.adversary import Penalty, PenaltyInputs, to_float32


class LatentConsistency(Penalty):
    """E(D(G(z)) - D(G(z + Δ)))², Δ ~ N(0, deviation²): the discriminator's half of zCR (Zhao et al. 2021, algorithm 2).

    `weight` is λ_dis = 5, `deviation` σ_noise = 0.03. ICR is zCR, with `LatentDiversity` among the generator's
    penalties, and bCR, which is `BalancedConsistency`, all three with their published weights.
    """

    stationary: ClassVar[bool] = True
    needs_double_backward: ClassVar[bool] = False

    weight: NonNegativeFloat = 5.0
    deviation: PositiveFloat = 0.03

    def value(self, inputs: PenaltyInputs) -> Tensor:
        _, perturbed = _perturb(inputs, self.deviation)
        return (inputs.scores_fake - inputs.critic(perturbed.detach())).square().mean()


class LatentDiversity(Penalty):
    """-E‖G(z) - G(z + Δ)‖², Δ ~ N(0, deviation²): the generator's half of zCR (Zhao et al. 2021, algorithm 2).

    `weight` is λ_gen = 0.5, `deviation` σ_noise = 0.03. ‖·‖² is the mean over a sample's numbers, which makes
    the weight independent of the image size. See `LatentConsistency`.
    """

    stationary: ClassVar[bool] = True
    needs_double_backward: ClassVar[bool] = False
    players: ClassVar[frozenset[str]] = frozenset({"generator"})

    weight: NonNegativeFloat = 0.5
    deviation: PositiveFloat = 0.03

    def value(self, inputs: PenaltyInputs) -> Tensor:
        samples, perturbed = _perturb(inputs, self.deviation)
        return -(to_float32(samples) - to_float32(perturbed)).square().mean()


def _perturb(inputs: PenaltyInputs, deviation: float) -> tuple[Tensor, Tensor]:
    """Returns G(z) and G(z + Δ), Δ ~ N(0, deviation²), [N, ...] each."""
    assert inputs.generated is not None
    latents = inputs.generated.latents
    step = torch.randn(latents.shape, generator=inputs.random, device=latents.device, dtype=latents.dtype)
    return inputs.generated.samples, inputs.generated.generate(latents + deviation * step)
