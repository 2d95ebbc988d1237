"""Flow-GAN: an invertible generator, whose likelihood is known, trained adversarially, by likelihood, or by both."""

from collections.abc import Mapping
from dataclasses import replace
from math import log, pi, prod
from typing import Annotated, ClassVar, Self

import torch
from pydantic import Field, NonNegativeFloat, model_validator
from torch import Tensor

from sparring.adversary import (
    Augmenter,
    Critic,
    DiscriminatorCritic,
    GeneratedBatch,
    GeneratorPenalties,
    Penalizer,
    Penalties,
    PenaltyInputs,
    check_fit,
    score,
    to_float32,
)
from sparring.augment import Augmentations
from sparring.direction import ScoreDirection
from sparring.errors import SpecError
from sparring.game import Batch, Game, Losses, Projection, SampleGrid, Team
from sparring.latents import Gaussian
from sparring.losses import AdversarialLoss, NonSaturating
from sparring.network import Condition, Network, Shape, couples_samples
from sparring.networks import DCGANDiscriminator, Invertible, RealNVP
from sparring.tensors.quantization import LEVELS, bits_per_dimension, dequantize

_ROW, _CHUNK = 10, 256

_UNIT = 2
"""So many levels have bins of volume 1: what counts the bits of a density itself, where there are no levels."""


class FlowGAN(Game):
    """A generator G that can be inverted, and its likelihood beside a discriminator (Grover et al. 2018).

    Latents z ~ N(0, I) have as many numbers D as a sample, so that a sample has a density,

        ln p(x) = ln N(G⁻¹(x) | 0, I) + ln|det ∂G⁻¹/∂x|,

    and G minimises its adversarial loss - λ E log₂ p(x)/D: both with λ > 0, like any other GAN with λ = 0, and the
    likelihood alone where there is no discriminator. The paper's λ weighs nats per image, and is λ/(D ln 2) here.

    A density of pictures, which have levels, is one of pictures with uniform noise as wide as a level; its bits per
    dimension bound what the levels take (`layers.quantization`). The discriminator sees that noise on real pictures
    too, or it would know them by their levels. Vectors stay as they are.
    """

    class Spec(Game.Spec):
        """The cast and the rules; λ is `likelihood_weight`. No discriminator: `order` is [generator] then."""

        validation_metric_directions: ClassVar[Mapping[str, ScoreDirection]] = {"bits_per_dim": "lower"}

        generator: Network.Spec = RealNVP.Spec()
        discriminator: Network.Spec | None = DCGANDiscriminator.Spec()
        likelihood_weight: NonNegativeFloat = 1.0
        levels: Annotated[int, Field(ge=2)] = LEVELS
        losses: AdversarialLoss = NonSaturating()
        penalties: Penalties = ()
        generator_penalties: GeneratorPenalties = ()
        projections: tuple[Projection, ...] = ()
        augmentations: Augmentations = ()

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

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        super().__init__(spec, sample, Condition())
        self.prior = Gaussian(size=prod(sample))
        generator = self.build_player("generator", spec.generator, (self.prior.size,), sample)
        if not isinstance(generator, Invertible):
            raise SpecError(f"game.generator: {spec.generator.kind()} has no inverse; choose NICE or RealNVP")
        self.generator = generator
        self.discriminator: Network | None = None
        moves = Team("generator", {"generator": generator}, self.generate)
        self.teams = (moves,) if spec.discriminator is None else (self._oppose(spec.discriminator), moves)

    def _oppose(self, spec: Network.Spec) -> Team:
        """Builds the discriminator and what goes with it, and returns its team."""
        parts = self.spec
        check_fit(
            self.sample,
            augmentations=parts.augmentations,
            penalties=parts.penalties,
            generator_penalties=parts.generator_penalties,
        )
        self.discriminator = self.build_player("discriminator", spec, self.sample, (1,))
        self.discriminator_penalties = Penalizer(parts.penalties, self.discriminator)
        self.generator_penalties = Penalizer(parts.generator_penalties, self.generator)
        self.augmenter = Augmenter(parts.augmentations)
        self._joins = not couples_samples(self.discriminator)
        return Team("discriminator", {"discriminator": self.discriminator}, self.discriminate, parts.projections)

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the discriminator's losses: real samples against as many generated ones."""
        met = replace(batch, real=self._blur(batch.real, batch.random))
        scores = score(self._judge(batch), met, self._draw(batch), self.discriminator_penalties)
        return {"adversarial": self.spec.losses.discriminator(scores.real, scores.fake), **scores.penalties}

    def generate(self, batch: Batch) -> Losses:
        """Returns the generator's losses: how far it is from passing, and λ times the bits that real samples take."""
        real = self._blur(batch.real, batch.random)
        losses = self._face(batch, real) if self.discriminator is not None else {}
        if not self.spec.likelihood_weight:
            return losses
        bits = self._count_bits(real).mean()
        batch.observe(training_bits_per_dim=bits)
        return losses | {"likelihood": self.spec.likelihood_weight * bits}

    def _face(self, batch: Batch, real: Tensor) -> Losses:
        """Returns the adversarial part of what the generator minimises, and its penalties that are due."""
        judge, drawn, due = self._judge(batch), self._draw(batch), self.generator_penalties.due(batch.step)
        fake = judge(drawn.samples)
        compared = judge(real) if self.spec.losses.needs_real else None
        losses = {"adversarial": self.spec.losses.generator(fake, compared)}
        seen = (judge, real, drawn.samples, compared, fake, batch.random)
        inputs = PenaltyInputs(*seen, player=self.generator, generated=drawn, images=batch.images, parts=batch.parts)
        return losses | self.generator_penalties.losses(due, inputs)

    def log_likelihood(self, samples: Tensor) -> Tensor:
        """Returns ln p(x) [N], in nats, of samples [N, *sample]: the density of continuous ones."""
        latents, log_determinant = self.generator.inverse(to_float32(samples))
        return log_determinant - (latents.square().sum(1) + self.prior.size * log(2 * pi)) / 2

    def bits_per_dim(self, samples: Tensor, random: torch.Generator) -> Tensor:
        """Returns how many bits each number of each of the samples [N, *sample] takes at most, [N].

        A picture with the noise drawn from `random` takes -log₂ p(x)/D + log₂(levels/2); a vector has no levels and
        takes -log₂ p(x)/D.
        """
        return self._count_bits(self._blur(samples, random))

    def validation_metrics(self, real: Tensor, condition: Tensor | None) -> Mapping[str, float]:
        """Returns the mean bits per dimension of samples, always with the same noise."""
        random = torch.Generator(real.device).manual_seed(0)
        bits = torch.cat([self.bits_per_dim(part, random) for part in torch.split(real, _CHUNK)])
        return {"bits_per_dim": float(bits.mean())}

    def draw(self, count: int, random: torch.Generator, condition: Tensor | None = None) -> Tensor:
        return self.render(self.draw_latents(count, random))

    def draw_latents(self, count: int, random: torch.Generator) -> Tensor:
        return self.prior.draw(count, random)

    def render(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns G(z), pictures cut to [-1, 1]."""
        samples: Tensor = self.generator(latents)
        return samples

    def encode(self, samples: Tensor) -> Tensor:
        """Returns G⁻¹(x) [N, D] of samples [N, *sample]: rendered, they are the samples again."""
        return self.generator.inverse(to_float32(samples))[0]

    @property
    def spherical(self) -> bool:
        return self.prior.spherical

    def discriminator_score(self, samples: Tensor) -> Tensor | None:
        return self.discriminator(samples) if self.discriminator is not None and self._joins else None

    def sample_grids(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, SampleGrid]:
        """Returns rows from one real sample to another, G(z cos φ + z' sin φ), φ from 0 to π/2 (Dinh et al. 2017)."""
        rows = min(_ROW, len(real) // 2)
        if not rows:
            return {}
        start, end = self.encode(real[: 2 * rows])[:, None].chunk(2)
        angles = torch.linspace(0, pi / 2, _ROW, device=real.device)[:, None]
        between = start * angles.cos() + end * angles.sin()
        return {"interpolations": SampleGrid(self.render(between.flatten(0, 1)), _ROW)}

    def _blur(self, samples: Tensor, random: torch.Generator) -> Tensor:
        """Returns pictures with noise as wide as a level, vectors as they are."""
        return dequantize(samples, random, self.spec.levels) if len(self.sample) == 3 else samples

    def _count_bits(self, blurred: Tensor) -> Tensor:
        levels = self.spec.levels if len(self.sample) == 3 else _UNIT
        return bits_per_dimension(self.log_likelihood(blurred), self.prior.size, levels)

    def _judge(self, batch: Batch) -> Critic:
        assert self.discriminator is not None
        judge = DiscriminatorCritic(self.discriminator, joins=self._joins)
        return self.augmenter.before(judge, batch)

    def _draw(self, batch: Batch) -> GeneratedBatch:
        """Returns G(z) as it is: gradients would end where pictures are cut to their range."""
        latents = self.prior.draw(len(batch.real), batch.random)
        return GeneratedBatch.from_latents(lambda given: self.generator.transform(given)[0], latents)
