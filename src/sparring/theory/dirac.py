"""Dirac-GAN (Mescheder et al. 2018): the smallest game that shows why training fails or works."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from sparring.adversary import Critic, GeneratedBatch, Penalty, PenaltyInputs
from sparring.errors import SpecError


class TwoPlayerLoss(Protocol):
    """An adversarial loss of this library, or any object with the same two methods."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Returns the discriminator's loss, a scalar, for scores [N, 1]."""

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """Returns the generator's loss, a scalar; relativistic losses need the real scores too."""


class NoiseModel(Protocol):
    """Noise added to data and generated points before the discriminator scores them."""

    def draw(self) -> tuple[Tensor, Tensor]:
        """Returns noise for data and for generated points, [N, 1] each, in float64."""


@dataclass(frozen=True)
class NoNoise(NoiseModel):
    """No noise: one data point, one generated point."""

    def draw(self) -> tuple[Tensor, Tensor]:
        zero = torch.zeros(1, 1, dtype=torch.float64)
        return zero, zero


@dataclass(frozen=True)
class IntegratedNoise(NoiseModel):
    """Instance noise N(0, σ²) on both sides, in expectation (Sønderby et al. 2017).

    The expectation is the Gauss-Hermite rule with three nodes 0, ±σ√3 (weights 2/3, 1/6, 1/6), written as six
    points of equal weight, every data point paired with every generated point: exact for polynomials of degree 5,
    hence for the Jacobian at the equilibrium; along a path from radius √2 it is within 1 % at σ = 0.7.
    """

    deviation: float

    def __post_init__(self) -> None:
        """Raises `SpecError` unless the deviation is finite and 0 or more."""
        _check_deviation(self.deviation)

    def draw(self) -> tuple[Tensor, Tensor]:
        nodes = torch.tensor([0, 0, 0, 0, 1, -1], dtype=torch.float64)[:, None] * (self.deviation * 3**0.5)
        return nodes.repeat_interleave(6, 0), nodes.repeat(6, 1)


class SampledNoise(NoiseModel):
    """Gaussian noise sampled anew at every evaluation, `count` samples a side, like instance noise in training.

    The players never come to rest: they hover around the equilibrium at a radius of about 1/(2√count).
    """

    def __init__(self, deviation: float, count: int, seed: int = 0) -> None:
        _check_deviation(deviation)
        if count < 1:
            raise SpecError(f"count is {count}; noise needs at least one sample")
        self.deviation, self.count = deviation, count
        self.random = torch.Generator().manual_seed(seed)

    def draw(self) -> tuple[Tensor, Tensor]:
        noise = torch.randn(2, self.count, 1, generator=self.random, dtype=torch.float64) * self.deviation
        return noise[0], noise[1]


def linear_discriminator(samples: Tensor, psi: Tensor) -> Tensor:
    """Returns D(x) = ψ x, Dirac-GAN's discriminator."""
    return samples * psi


@dataclass(frozen=True)
class DiracGame:
    """Data δ₀, generator δ_θ, discriminator D(x) = ψ x, playing a loss and penalties of this library.

    With the original loss v = (ψ σ(ψθ), -θ σ(ψθ)); θ = ψ = 0 is the only equilibrium, around which the players
    circle at ±i/2 (Mescheder et al. 2018, lemma 2.3). The paper's discriminator raises f(ψθ) where the library's
    lowers the generated score: its ψ is our -ψ, and its start (1, 1) is our (1, -1). Penalties count with
    their `weight`; the paper's ½γ(|ψ| - g₀)² is `GradientPenalty(weight=γ / 2, target=g₀)`. `discriminator` maps
    samples [N, 1] and ψ to scores [N, 1].
    """

    loss: TwoPlayerLoss
    penalties: tuple[Penalty, ...] = ()
    noise: NoiseModel = NoNoise()
    discriminator: Callable[[Tensor, Tensor], Tensor] = linear_discriminator

    def __post_init__(self) -> None:
        """Raises `SpecError` or `ShapeError` where a penalty is not a function of the present θ and ψ alone."""
        for penalty in self.penalties:
            if "discriminator" not in penalty.players:
                raise SpecError(f"{penalty.kind()} is a generator's penalty; Dirac-GAN has penalties of D(x) = ψ x")
            if penalty.memory():
                raise SpecError(f"{penalty.kind()} remembers earlier steps: the players have no field to follow")
            penalty.check((1,))

    def __call__(self, theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the losses of generator and discriminator, scalars in float64."""
        noise_real, noise_fake = self.noise.draw()
        real, fake = noise_real.clone().requires_grad_(), theta + noise_fake
        fake = fake if fake.requires_grad else fake.requires_grad_()
        scores_real, scores_fake = self.discriminator(real, psi), self.discriminator(fake, psi)
        discriminator_loss = self.loss.discriminator(scores_real, scores_fake)
        if not self.penalties:
            return self.loss.generator(scores_fake, scores_real), discriminator_loss
        critic, random = Critic(lambda samples: self.discriminator(samples, psi)), torch.Generator().manual_seed(0)
        generated = GeneratedBatch(fake, torch.zeros_like(noise_fake), lambda latents: theta + 0 * latents)
        player = nn.Linear(1, 1, bias=False)
        inputs = PenaltyInputs(critic, real, fake, scores_real, scores_fake, random, player=player, generated=generated)
        for penalty in self.penalties:
            discriminator_loss = discriminator_loss + penalty.weight * penalty.value(inputs)
        return self.loss.generator(scores_fake, scores_real), discriminator_loss


def _check_deviation(deviation: float) -> None:
    if not 0 <= deviation < float("inf"):
        raise SpecError(f"deviation is {deviation}; it must be finite and 0 or more")
