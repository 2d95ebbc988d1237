"""The game of 2014: one generator against one discriminator, conditional as an option."""

from collections.abc import Hashable, Mapping

import torch
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
)
from sparring.augment import Augmentations
from sparring.errors import SpecError
from sparring.game import Batch, Game, Losses, Projection, SampleGrid, Team
from sparring.latents import Gaussian, Prior
from sparring.losses import AdversarialLoss, NonSaturating
from sparring.network import Condition, Network, Shape, couples_samples
from sparring.networks import DCGANDiscriminator, DCGANGenerator
from sparring.spec.schedule import is_stationary

_ROW, _MOST_ROWS = 10, 20


class GAN(Game):
    """A generator G(z) against a discriminator D(x) (Goodfellow et al. 2014).

    The two minimise `losses`; the discriminator adds `penalties` and has `projections` applied
    after each of its steps. Whatever it judges, real or generated and on either's move, goes through the
    `augmentations` first. A conditional game tells both players the class, or the numbers, that the data has of
    the sample (Mirza & Osindero 2014); each network's `conditioning` says how.
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
        if spec.conditional:
            check_condition("game.conditional", condition)
        super().__init__(spec, sample, condition if spec.conditional else Condition())
        check_fit(
            sample,
            augmentations=spec.augmentations,
            penalties=spec.penalties,
            generator_penalties=spec.generator_penalties,
        )
        self.generator = self.build_player("generator", spec.generator, (spec.prior.size,), sample)
        self.discriminator = self.build_discriminator()
        self.augmenter = Augmenter(spec.augmentations)
        self.discriminator_penalties = Penalizer(spec.penalties, self.discriminator)
        self.generator_penalties = Penalizer(spec.generator_penalties, self.generator)
        self._joins = not couples_samples(self.discriminator)
        self._stationary = is_stationary(spec.augmentations)
        self.teams = (
            Team("discriminator", {"discriminator": self.discriminator}, self.discriminate, spec.projections),
            Team("generator", {"generator": self.generator}, self.generate),
        )

    def build_discriminator(self) -> Network:
        """Returns the discriminator."""
        return self.build_player("discriminator", self.spec.discriminator, self.sample, (1,))

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the discriminator's losses: real samples against as many generated ones."""
        scores = score(self._judge(batch), batch, self._draw(batch), self.discriminator_penalties)
        return {"adversarial": self.spec.losses.discriminator(scores.real, scores.fake), **scores.penalties}

    def generate(self, batch: Batch) -> Losses:
        """Returns the generator's losses against the discriminator as it stands."""
        judge, drawn = self._judge(batch), self._draw(batch)
        return self._face(batch, judge, drawn, judge(drawn.samples))

    def _face(self, batch: Batch, judge: Critic, drawn: GeneratedBatch, fake: Tensor) -> Losses:
        """Returns what the generator minimises, given what it has drawn and the scores of that."""
        real = judge(batch.real) if self.spec.losses.needs_real else None
        losses = {"adversarial": self.spec.losses.generator(fake, real)}
        return losses | self._penalize(batch, judge, drawn, fake, real)

    def _penalize(
        self, batch: Batch, judge: Critic, drawn: GeneratedBatch, fake: Tensor, real: Tensor | None
    ) -> Losses:
        """Returns the generator's penalties that are due, given the scores where they are known."""
        due = self.generator_penalties.due(batch.step)
        seen = (judge, batch.real, drawn.samples, real, fake, batch.random)
        inputs = PenaltyInputs(*seen, player=self.generator, generated=drawn, images=batch.images, parts=batch.parts)
        return self.generator_penalties.losses(due, inputs)

    def draw(self, count: int, random: torch.Generator, condition: Tensor | None = None) -> Tensor:
        latents = self.draw_latents(count, random)
        return self.render(latents, self.condition.draw(count, random) if condition is None else condition)

    def draw_latents(self, count: int, random: torch.Generator) -> Tensor:
        return self.spec.prior.draw(count, random)

    def render(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        samples: Tensor = self.generator(latents, condition)
        return samples

    @property
    def spherical(self) -> bool:
        return self.spec.prior.spherical

    def sample_grids(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, SampleGrid]:
        """Returns what a conditional game draws of the same latents when it is told this or that.

        A row for each class, and rows of one latent from each class to the next; or a row for each number, which goes
        from 0 to 1 while the others stay those of the first of the samples.
        """
        if not self.condition:
            return {}
        latents = self.draw_latents(_ROW, torch.Generator(real.device).manual_seed(seed))
        rows = min(self.condition.classes or self.condition.numbers, _MOST_ROWS)
        steps = torch.linspace(0, 1, _ROW, device=real.device)
        one, panels = latents[:1].expand(_ROW, -1), {}
        if self.condition.classes:
            shown = torch.arange(rows, device=real.device).repeat_interleave(_ROW)
            panels["classes"] = self._show(latents, shown)
        if self.condition.classes > 1:
            corners = self.condition.vector(torch.arange(rows, device=real.device)).float()
            between = torch.lerp(corners[:-1, None], corners[1:, None], steps[:, None])
            panels["between_classes"] = self._show(one, between.flatten(0, 1))
        if self.condition.numbers and condition is not None:
            told = condition[:1].repeat(rows * _ROW, 1)
            told[torch.arange(len(told)), torch.arange(rows).repeat_interleave(_ROW)] = steps.repeat(rows)
            panels["numbers"] = self._show(one, told)
        return panels

    def _show(self, latents: Tensor, told: Tensor) -> SampleGrid:
        """Returns rows of the same `latents`, as many as there are in `told`."""
        return SampleGrid(self.render(latents.repeat(len(told) // len(latents), 1), told), len(latents))

    def capture_key(self, batch: Batch) -> Hashable | None:
        penalizers = (self.discriminator_penalties, self.generator_penalties)
        due = tuple(penalizer.capture_key(batch.step) for penalizer in penalizers)
        return due if self._stationary and None not in due else None

    def needs_double_backward(self, team: str, step: int) -> bool:
        penalizers = {"discriminator": self.discriminator_penalties, "generator": self.generator_penalties}
        return penalizers[team].needs_double_backward(step)

    def discriminator_score(self, samples: Tensor) -> Tensor | None:
        return None if self.condition or couples_samples(self.discriminator) else self.discriminator(samples)

    def _judge(self, batch: Batch) -> Critic:
        judge = DiscriminatorCritic(self.discriminator, self._told(batch), self._joins)
        return self.augmenter.before(judge, batch)

    def _draw(self, batch: Batch) -> GeneratedBatch:
        told = self._told(batch)
        latents = self.spec.prior.draw(len(batch.real), batch.random)
        return GeneratedBatch.from_latents(lambda given: self.generator(given, told), latents, told)

    def _told(self, batch: Batch) -> Tensor | None:
        return batch.condition if self.condition else None


def check_condition(field: str, condition: Condition) -> None:
    """Raises `SpecError` naming the game's `field` unless the data tells the class, or the numbers, of every sample."""
    if not condition:
        raise SpecError(f"{field}: the data has no labels to tell the players; give it some (data.labels)")
    if condition.partly:
        raise SpecError(f"{field}: the data has labels of some samples only, which is for the game SemiSupervised")
