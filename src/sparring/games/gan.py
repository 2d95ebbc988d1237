"""The game of 2014: one generator against one discriminator, conditional by class as an option."""

from collections.abc import Hashable

import torch
from torch import Tensor

from sparring.augment import Augmentations
from sparring.errors import SpecError
from sparring.game import Batch, Game, Losses, Projection, Team
from sparring.latents import Gaussian, Prior
from sparring.losses import AdversarialLoss, NonSaturating
from sparring.network import Condition, Network, Shape, couples_samples
from sparring.networks import DCGANDiscriminator, DCGANGenerator
from sparring.schedule import is_steady
from sparring.scoring import (
    AugmentedJudge,
    Drawn,
    GeneratorPenalties,
    Judge,
    Meeting,
    NetworkJudge,
    Penalizer,
    Penalties,
    check_fit,
    score,
)


class GAN(Game):
    """A generator G(z) against a discriminator D(x) (Goodfellow et al. 2014).

    The two minimise `losses`; the discriminator adds `penalties` and has `projections` applied
    after each of its steps. Whatever it judges, real or generated and on either's move, goes through the
    `augmentations` first. A conditional game tells both players the class (Mirza & Osindero 2014).
    """

    class Spec(Game.Spec):
        """The cast and the rules."""

        generator: Network.Spec = DCGANGenerator.Spec()
        discriminator: Network.Spec = DCGANDiscriminator.Spec()
        prior: Prior = Gaussian()
        losses: AdversarialLoss = NonSaturating()
        penalties: Penalties = ()
        generator_penalties: GeneratorPenalties = ()
        projections: tuple[Projection, ...] = ()
        augmentations: Augmentations = ()
        conditional: bool = False

    spec: Spec

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        if spec.conditional and not condition.classes:
            raise SpecError("game.conditional: the data has no labels to tell the players; give it some (data.labels)")
        super().__init__(spec, sample, condition if spec.conditional else Condition())
        check_fit(
            sample,
            augmentations=spec.augmentations,
            penalties=spec.penalties,
            generator_penalties=spec.generator_penalties,
        )
        self.generator = self.build_player("generator", spec.generator, (spec.prior.size,), sample)
        self.discriminator = self.build_player("discriminator", spec.discriminator, sample, (1,))
        self.discriminator_penalties = Penalizer(spec.penalties, self.discriminator)
        self.generator_penalties = Penalizer(spec.generator_penalties, self.generator)
        self._joins = not couples_samples(self.discriminator)
        self._steady = is_steady(spec.augmentations)
        self.teams = (
            Team("discriminator", {"discriminator": self.discriminator}, self.discriminate, spec.projections),
            Team("generator", {"generator": self.generator}, self.generate),
        )

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the discriminator's losses: real samples against as many generated ones."""
        scores = score(self._judge(batch), batch, self._draw(batch), self.discriminator_penalties)
        return {"adversarial": self.spec.losses.discriminator(scores.real, scores.fake), **scores.penalties}

    def generate(self, batch: Batch) -> Losses:
        """Returns the generator's losses against the discriminator as it stands."""
        judge, drawn, due = self._judge(batch), self._draw(batch), self.generator_penalties.due(batch.step)
        fake = judge(drawn.samples)
        real = judge(batch.real) if self.spec.losses.needs_real else None
        losses = {"adversarial": self.spec.losses.generator(fake, real)}
        if due:
            seen = (judge, batch.real, drawn.samples, real, fake, batch.random)
            meeting = Meeting(*seen, player=self.generator, drawn=drawn, images=batch.images)
            losses |= self.generator_penalties.losses(due, meeting)
        return losses

    def draw(self, count: int, random: torch.Generator, condition: Tensor | None = None) -> Tensor:  # noqa: D102
        latents = self.draw_latents(count, random)
        if condition is None and self.condition.classes:
            condition = torch.randint(self.condition.classes, (count,), generator=random, device=random.device)
        return self.render(latents, condition)

    def draw_latents(self, count: int, random: torch.Generator) -> Tensor:  # noqa: D102
        return self.spec.prior.draw(count, random)

    def render(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:  # noqa: D102
        samples: Tensor = self.generator(latents, condition)
        return samples

    @property
    def spherical(self) -> bool:  # noqa: D102
        return self.spec.prior.spherical

    def variant(self, batch: Batch) -> Hashable | None:  # noqa: D102
        penalizers = (self.discriminator_penalties, self.generator_penalties)
        due = tuple(penalizer.variant(batch.step) for penalizer in penalizers)
        return due if self._steady and None not in due else None

    def judge(self, samples: Tensor) -> Tensor | None:  # noqa: D102
        return None if self.condition.classes or couples_samples(self.discriminator) else self.discriminator(samples)

    def _judge(self, batch: Batch) -> Judge:
        judge = NetworkJudge(self.discriminator, self._told(batch), self._joins)
        return AugmentedJudge(judge, self.spec.augmentations, batch) if self.spec.augmentations else judge

    def _draw(self, batch: Batch) -> Drawn:
        told = self._told(batch)
        latents = self.spec.prior.draw(len(batch.real), batch.random)
        return Drawn.by(lambda given: self.generator(given, told), latents)

    def _told(self, batch: Batch) -> Tensor | None:
        return batch.condition if self.condition.classes else None
