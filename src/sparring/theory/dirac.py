"""Dirac-GAN (Mescheder et al. 2018): the smallest game that shows why training fails or works."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from sparring.adversary import Critic, GeneratedBatch, Penalty, PenaltyInputs
from sparring.errors import SpecError


class Adversary(Protocol):
    """An adversarial loss of this library, or anything shaped like one."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Returns what the discriminator minimises, a scalar, given scores [N, 1]."""

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """Returns what the generator minimises, a scalar; a relativistic one looks at real scores too."""


class Noise(Protocol):
    """What is added to data and generated points before they are judged."""

    def draw(self) -> tuple[Tensor, Tensor]:
        """Returns noise for both, [N, 1] each, in float64."""


@dataclass(frozen=True)
class Silence:
    """No noise: one data point, one generated point."""

    def draw(self) -> tuple[Tensor, Tensor]:
        zero = torch.zeros(1, 1, dtype=torch.float64)
        return zero, zero


@dataclass(frozen=True)
class InstanceNoise:
    """Gaussian noise of standard deviation σ on both sides, in expectation (Sønderby et al. 2017).

    The expectation is the Gauss-Hermite rule of three nodes 0, ±σ√3 (weights 2/3, 1/6, 1/6) as six points of
    equal weight, every one of the data against every one of the generator: exact for polynomials of degree 5,
    hence for the Jacobian at the equilibrium; along a path from radius √2 it is within 1 % at σ = 0.7.
    """

    deviation: float

    def __post_init__(self) -> None:
        """Raises `SpecError` unless the deviation is finite and 0 or more."""
        _check_deviation(self.deviation)

    def draw(self) -> tuple[Tensor, Tensor]:
        nodes = torch.tensor([0, 0, 0, 0, 1, -1], dtype=torch.float64)[:, None] * (self.deviation * 3**0.5)
        return nodes.repeat_interleave(6, 0), nodes.repeat(6, 1)


class SampledNoise:
    """Gaussian noise drawn anew at every look, `count` samples a side: what instance noise is in training.

    The players then never stand still: they hover about the equilibrium at a radius of about 1/(2√count).
    """

    def __init__(self, deviation: float, count: int, seed: int = 0) -> None:
        _check_deviation(deviation)
        if count < 1:
            raise SpecError(f"count is {count}; noise needs at least one sample")
        self.deviation, self.count = deviation, count
        self.random = torch.Generator().manual_seed(seed)

    def draw(self) -> tuple[Tensor, Tensor]:
        drawn = torch.randn(2, self.count, 1, generator=self.random, dtype=torch.float64) * self.deviation
        return drawn[0], drawn[1]


def linear(samples: Tensor, psi: Tensor) -> Tensor:
    """Returns D(x) = ψ x, the discriminator of Dirac-GAN."""
    return samples * psi


@dataclass(frozen=True)
class DiracGame:
    """Data δ₀, generator δ_θ, discriminator D(x) = ψ x, playing a loss and penalties of this library.

    With the original loss v = (ψ σ(ψθ), -θ σ(ψθ)); θ = ψ = 0 is the only equilibrium, about which the players
    circle at ±i/2 (Mescheder et al. 2018, lemma 2.3). The paper's discriminator raises f(ψθ) where the library's
    lowers the generated score: its ψ is our -ψ, and its start (1, 1) is our (1, -1). Penalties count with
    their `weight`; the paper's ½γ(|ψ| - g₀)² is `GradientPenalty(weight=γ / 2, target=g₀)`.
    """

    loss: Adversary
    penalties: tuple[Penalty, ...] = ()
    noise: Noise = Silence()
    judge: Callable[[Tensor, Tensor], Tensor] = linear

    def __post_init__(self) -> None:
        """Raises `SpecError` or `ShapeError` where a penalty is not one of two numbers and what they are now."""
        for penalty in self.penalties:
            if "discriminator" not in penalty.players:
                raise SpecError(f"{penalty.kind()} is a generator's penalty; Dirac-GAN has penalties of D(x) = ψ x")
            if penalty.memory():
                raise SpecError(f"{penalty.kind()} remembers earlier steps: the players have no field to follow")
            penalty.check((1,))

    def __call__(self, theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
        """Returns what generator and discriminator minimise, scalars in float64."""
        on_real, on_fake = self.noise.draw()
        real, fake = on_real.clone().requires_grad_(), theta + on_fake
        fake = fake if fake.requires_grad else fake.requires_grad_()
        scores_real, scores_fake = self.judge(real, psi), self.judge(fake, psi)
        judge, random = Critic(lambda samples: self.judge(samples, psi)), torch.Generator().manual_seed(0)
        drawn = GeneratedBatch(fake, torch.zeros_like(on_fake), lambda latents: theta + 0 * latents)
        inputs = PenaltyInputs(
            judge, real, fake, scores_real, scores_fake, random, player=nn.Linear(1, 1, bias=False), generated=drawn
        )
        discriminator = self.loss.discriminator(scores_real, scores_fake)
        for penalty in self.penalties:
            discriminator = discriminator + penalty.weight * penalty.value(inputs)
        return self.loss.generator(scores_fake, scores_real), discriminator


def _check_deviation(deviation: float) -> None:
    if not 0 <= deviation < float("inf"):
        raise SpecError(f"deviation is {deviation}; it must be finite and 0 or more")
