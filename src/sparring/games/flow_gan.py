"""Flow-GAN: an invertible generator, whose likelihood is known, trained adversarially, by likelihood, or by both."""

from collections.abc import Mapping
from math import log, pi, prod
from typing import Annotated, ClassVar, Self

import torch
from pydantic import Field, NonNegativeFloat, model_validator
from torch import Tensor

from sparring.adversary import AdversarialLoss, AdversarialSpec, Adversary, GeneratedBatch, to_float32
from sparring.direction import ScoreDirection
from sparring.errors import SpecError
from sparring.game import Batch, Losses, SampleGrid, Team
from sparring.games.latent_game import LatentGame
from sparring.latents import Gaussian
from sparring.losses import NonSaturating
from sparring.network import Condition, Network, Shape, couples_samples
from sparring.networks import DCGANDiscriminator, Invertible, RealNVP
from sparring.tensors.quantization import LEVELS, bits_per_dimension, dequantize

_COLUMNS, _CHUNK = 10, 256

_UNIT = 2
"""So many levels have bins of volume 1: what counts the bits of a density itself, where there are no levels."""


class FlowGAN(LatentGame):
    """A generator G that can be inverted, and has a likelihood, against a discriminator (Grover et al. 2018).

    Latents z ~ N(0, I) have as many numbers D as a sample, so that a sample has a density,

        ln p(x) = ln N(G⁻¹(x) | 0, I) + ln|det ∂G⁻¹/∂x|,

    and G minimises its adversarial loss - λ E log₂ p(x)/D: both with λ > 0, like any other GAN with λ = 0, and the
    likelihood alone where there is no discriminator. The paper's λ weighs nats per image, and is λ/(D ln 2) here.

    A density of pictures, which have levels, is one of pictures with uniform noise as wide as a level; its bits per
    dimension bound what the levels take (`layers.quantization`). The discriminator sees that noise on real pictures
    too, or it would know them by their levels. Vectors stay as they are.
    """

    class Spec(AdversarialSpec):
        """The players and the rules; λ is `likelihood_weight`. No discriminator: `order` is [generator] then."""

        validation_metric_directions: ClassVar[Mapping[str, ScoreDirection]] = {"bits_per_dim": "lower"}

        generator: Network.Spec = RealNVP.Spec()
        discriminator: Network.Spec | None = DCGANDiscriminator.Spec()
        likelihood_weight: NonNegativeFloat = 1.0
        levels: Annotated[int, Field(ge=2)] = LEVELS
        losses: AdversarialLoss = NonSaturating()

        @model_validator(mode="after")
        def _suit_likelihood_alone(self) -> Self:
            if self.discriminator is not None:
                return self
            if any("discriminator" in turn for turn in self.turns()):
                raise ValueError("order: there is no discriminator to move; set order=[generator]")
            if not self.likelihood_weight:
                raise ValueError("likelihood_weight: 0 without a discriminator leaves nothing to learn; give it more")
            if self.penalties or self.generator_penalties or self.projections or self.augmentations:
                raise ValueError("discriminator: penalties, projections and augmentations need one; leave them out")
            return self

    spec: Spec
    generator: Invertible

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        super().__init__(spec, sample, Condition())
        self.prior = Gaussian(size=prod(sample))
        generator = self.build_player("generator", spec.generator, (self.prior.size,), sample)
        if not isinstance(generator, Invertible):
            raise SpecError(f"game.generator: {spec.generator.kind()} has no inverse; choose NICE or RealNVP")
        self.generator = generator
        self.discriminator: Network | None = None
        moves = Team("generator", {"generator": generator}, self.generate)
        self.teams: tuple[Team, ...] = (moves,)
        if spec.discriminator is not None:
            self.discriminator = self.build_player("discriminator", spec.discriminator, sample, (1,))
            self.adversary = Adversary(spec, self.discriminator, sample, generator)
            self.teams = (self.adversary.team(self.discriminate), moves)

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the discriminator's losses: real samples against as many generated ones."""
        real = self._dequantize(batch.real, batch.random)
        return self.adversary.discriminate(batch, self._fake(batch), real)[0]

    def generate(self, batch: Batch) -> Losses:
        """Returns the generator's losses: the adversarial one, and λ times the bits that real samples take."""
        real = self._dequantize(batch.real, batch.random)
        losses = self.adversary.fool(batch, self._fake(batch), real)[0] if self.discriminator else {}
        if not self.spec.likelihood_weight:
            return losses
        bits = self._count_bits(real).mean()
        batch.observe(training_bits_per_dim=bits)
        return losses | {"likelihood": self.spec.likelihood_weight * bits}

    def log_likelihood(self, samples: Tensor) -> Tensor:
        """Returns ln p(x) [N], in nats, of samples [N, *sample]: the density of continuous ones."""
        latents, log_determinant = self.generator.inverse(to_float32(samples))
        return log_determinant - (latents.square().sum(1) + self.prior.size * log(2 * pi)) / 2

    def bits_per_dim(self, samples: Tensor, random: torch.Generator) -> Tensor:
        """Returns how many bits each number of each of the samples [N, *sample] takes at most, [N].

        A picture with noise sampled from `random` takes -log₂ p(x)/D + log₂(levels/2); a vector has no levels and
        takes -log₂ p(x)/D.
        """
        return self._count_bits(self._dequantize(samples, random))

    def validation_metrics(self, real: Tensor, condition: Tensor | None) -> Mapping[str, float]:
        """Returns the mean bits per dimension of samples, always with the same noise."""
        random = torch.Generator(real.device).manual_seed(0)
        bits = torch.cat([self.bits_per_dim(part, random) for part in torch.split(real, _CHUNK)])
        return {"bits_per_dim": float(bits.mean())}

    def render(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns G(z), pictures cut to [-1, 1]."""
        samples: Tensor = self.generator(latents)
        return samples

    def encode(self, samples: Tensor) -> Tensor:
        """Returns G⁻¹(x) [N, D] of samples [N, *sample]: rendered, they are the samples again."""
        return self.generator.inverse(to_float32(samples))[0]

    def discriminator_score(self, samples: Tensor) -> Tensor | None:
        alone = self.discriminator is not None and not couples_samples(self.discriminator)
        return self.discriminator(samples) if self.discriminator and alone else None

    def sample_grids(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, SampleGrid]:
        """Returns rows from one real sample to another, G(z cos φ + z' sin φ), φ from 0 to π/2 (Dinh et al. 2017)."""
        rows = min(_COLUMNS, len(real) // 2)
        if not rows:
            return {}
        start, end = self.encode(real[: 2 * rows])[:, None].chunk(2)
        angles = torch.linspace(0, pi / 2, _COLUMNS, device=real.device)[:, None]
        between = start * angles.cos() + end * angles.sin()
        return {"interpolations": SampleGrid(self.render(between.flatten(0, 1)), _COLUMNS)}

    def _dequantize(self, samples: Tensor, random: torch.Generator) -> Tensor:
        """Returns pictures with noise as wide as a level, vectors as they are."""
        return dequantize(samples, random, self.spec.levels) if len(self.sample) == 3 else samples

    def _count_bits(self, dequantized: Tensor) -> Tensor:
        levels = self.spec.levels if len(self.sample) == 3 else _UNIT
        return bits_per_dimension(self.log_likelihood(dequantized), self.prior.size, levels)

    def _fake(self, batch: Batch) -> GeneratedBatch:
        """Returns G(z) without clipping: gradients would end where pictures are clipped to their range."""
        latents = self.prior.draw(len(batch.real), batch.random)
        return GeneratedBatch.from_latents(lambda z: self.generator.transform(z)[0], latents)
