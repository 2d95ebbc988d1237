"""Penalties on what a small step in latent space changes."""

from typing import ClassVar

import torch
from pydantic import NonNegativeFloat, PositiveFloat
from torch import Tensor

from sparring.adversary import GeneratedBatch, Penalty, PenaltyInputs, to_float32


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
        beside = _draw_beside(_drawn(inputs), self.deviation, inputs.random).detach()
        return (inputs.scores_fake - inputs.critic(beside)).square().mean()


class LatentDiversity(Penalty):
    """-E‖G(z) - G(z + Δ)‖², Δ ~ N(0, deviation²): the generator's half of zCR (Zhao et al. 2021, algorithm 2).

    `weight` is λ_gen = 0.5, `deviation` σ_noise = 0.03. ‖·‖² is the mean over a sample's numbers, so that the
    weight does not depend on the size of images. See `LatentConsistency`.
    """

    stationary: ClassVar[bool] = True
    needs_double_backward: ClassVar[bool] = False
    players: ClassVar[frozenset[str]] = frozenset({"generator"})

    weight: NonNegativeFloat = 0.5
    deviation: PositiveFloat = 0.03

    def value(self, inputs: PenaltyInputs) -> Tensor:
        drawn = _drawn(inputs)
        beside = _draw_beside(drawn, self.deviation, inputs.random)
        return -(to_float32(drawn.samples) - to_float32(beside)).square().mean()


def _drawn(inputs: PenaltyInputs) -> GeneratedBatch:
    assert inputs.generated is not None
    return inputs.generated


def _draw_beside(drawn: GeneratedBatch, deviation: float, random: torch.Generator) -> Tensor:
    """Returns what is generated from latents a step of N(0, deviation²) away from those of `drawn`, [N, ...]."""
    latents = drawn.latents
    step = torch.randn(latents.shape, generator=random, device=latents.device, dtype=latents.dtype)
    return drawn.generate(latents + deviation * step)
