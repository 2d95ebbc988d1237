"""InfoGAN: a generator whose codes can be read off its samples."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from sparring.adversary import (
    Augmenter,
    AuxiliaryCritic,
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
from sparring.game import Batch, Game, Losses, Projection, SampleGrid, Team
from sparring.latents import Categorical, Code, Continuous, Prior, Uniform
from sparring.losses import AdversarialLoss, NonSaturating
from sparring.network import Condition, Network, Shape, couples_samples
from sparring.networks import DCGANDiscriminator, DCGANGenerator
from sparring.spec.schedule import is_stationary

_ROWS, _STEPS = 6, 10

Codes = Annotated[tuple[Code, ...], Field(min_length=1)]
"""The codes of a latent, in their order."""


class InfoGAN(Game):
    """A generator G(z, c) and a recognizer Q(c|x) against one discriminator (Chen et al. 2016).

    Beside the adversarial game, G and Q maximise λ L_I with L_I = E[log Q(c|G(z, c))] + H(c) ≤ I(c; G(z, c)),
    observed as `information` in nats (eqs. 4-6). Without a `recognizer` of its own, Q is the discriminator but for its
    last layer, which then tells the codes beside the score (sec. 6). As in the published code, all of it moves with the
    discriminator, and both teams maximise L_I: one learns to read codes off its samples, the other to write them.
    A `recognizer` of its own moves with the generator, and the discriminator hears nothing of codes.
    """

    class Spec(Game.Spec):
        """The cast and the rules; latents are `noise` z, and behind it the `codes` c."""

        generator: Network.Spec = DCGANGenerator.Spec()
        discriminator: Network.Spec = DCGANDiscriminator.Spec()
        recognizer: Network.Spec | None = None
        noise: Prior = Uniform(size=62)
        codes: Codes = (Categorical(size=10), Continuous(size=2, deviation=1.0))
        losses: AdversarialLoss = NonSaturating()
        penalties: Penalties = ()
        generator_penalties: GeneratorPenalties = ()
        projections: tuple[Projection, ...] = ()
        augmentations: Augmentations = ()

    spec: Spec

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        super().__init__(spec, sample, Condition())
        check_fit(
            sample,
            augmentations=spec.augmentations,
            penalties=spec.penalties,
            generator_penalties=spec.generator_penalties,
        )
        told = sum(code.told for code in spec.codes)
        latents = spec.noise.size + sum(code.size for code in spec.codes)
        self.generator = self.build_player("generator", spec.generator, (latents,), sample)
        beside = told if spec.recognizer is None else 0
        self.discriminator = self.build_player("discriminator", spec.discriminator, sample, (1 + beside,))
        self.recognizer: Network | None = None
        if spec.recognizer is not None:
            self.recognizer = self.build_player("recognizer", spec.recognizer, sample, (told,))
        self.augmenter = Augmenter(spec.augmentations)
        self.discriminator_penalties = Penalizer(spec.penalties, self.discriminator)
        self.generator_penalties = Penalizer(spec.generator_penalties, self.generator)
        self._joins = not couples_samples(self.discriminator)
        self._stationary = is_stationary(spec.augmentations)
        writers = {"generator": self.generator}
        if self.recognizer is not None:
            writers["recognizer"] = self.recognizer
        self.teams = (
            Team("discriminator", {"discriminator": self.discriminator}, self.discriminate, spec.projections),
            Team("generator", writers, self.generate),
        )

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the discriminator's losses, that of reading codes off generated samples included where it does."""
        drawn = self._draw(batch)
        scores = score(self._judge(batch), batch, drawn, self.discriminator_penalties)
        losses = {"adversarial": self.spec.losses.discriminator(scores.real, scores.fake), **scores.penalties}
        if self.recognizer is None:
            losses |= self._recognize(batch, drawn, scores.told["fake"])
        return losses

    def generate(self, batch: Batch) -> Losses:
        """Returns what the generator, and a recognizer of its own, minimise against the discriminator as it stands."""
        judge, drawn, due = self._judge(batch), self._draw(batch), self.generator_penalties.due(batch.step)
        said = judge.look(drawn.samples)
        told = said[:, 1:] if self.recognizer is None else self.recognizer(drawn.samples)
        fake, real = said[:, :1], judge(batch.real) if self.spec.losses.needs_real else None
        losses = {"adversarial": self.spec.losses.generator(fake, real), **self._recognize(batch, drawn, told)}
        if due:
            seen = (judge, batch.real, drawn.samples, real, fake, batch.random)
            inputs = PenaltyInputs(
                *seen, player=self.generator, generated=drawn, images=batch.images, parts=batch.parts
            )
            losses |= self.generator_penalties.losses(due, inputs)
        return losses

    def draw(self, count: int, random: torch.Generator, condition: Tensor | None = None) -> Tensor:
        return self.render(self.draw_latents(count, random), condition)

    def draw_latents(self, count: int, random: torch.Generator) -> Tensor:
        """Returns latents [count, n], noise first and then the codes in their order."""
        codes = [code.draw(count, random) for code in self.spec.codes]
        return torch.cat((self.spec.noise.draw(count, random), *codes), 1)

    def render(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        samples: Tensor = self.generator(latents, condition)
        return samples

    def recognize(self, samples: Tensor) -> tuple[Tensor, ...]:
        """Returns for each code what Q expects it to be, [N, size], in samples [N, *sample], real ones for example.

        Of a categorical code that is each category's probability, times `scale`. The caller is in `evaluating`.
        """
        told = self.discriminator(samples)[:, 1:] if self.recognizer is None else self.recognizer(samples)
        parts = zip(self.spec.codes, self._part_told(told), strict=True)
        return tuple(code.expect(part) for code, part in parts)

    @property
    def spherical(self) -> bool:
        """No: codes do not lie on a sphere."""
        return False

    def sample_grids(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, SampleGrid]:
        """Returns traversals, one for each category and each number: a row is one latent in which it alone moves."""
        latents = self.draw_latents(_ROWS, torch.Generator(real.device).manual_seed(seed))
        panels, parts = {}, self._part(latents)
        for index, code in enumerate(self.spec.codes):
            ways = code.traverse(parts[1 + index], _STEPS)
            for number, way in enumerate(ways):
                rows = [part[:, None].expand(-1, way.shape[1], -1) for part in parts]
                rows[1 + index] = way
                name = f"{self._name(index)}-{number + 1}" if len(ways) > 1 else self._name(index)
                panels[name] = SampleGrid(self.render(torch.cat(rows, 2).flatten(0, 1)), way.shape[1])
        return panels

    def capture_key(self, batch: Batch) -> Hashable | None:
        penalizers = (self.discriminator_penalties, self.generator_penalties)
        due = tuple(penalizer.capture_key(batch.step) for penalizer in penalizers)
        return due if self._stationary and None not in due else None

    def discriminator_score(self, samples: Tensor) -> Tensor | None:
        return None if couples_samples(self.discriminator) else self.discriminator(samples)[:, :1]

    def _judge(self, batch: Batch) -> Critic:
        told = AuxiliaryCritic if self.recognizer is None else DiscriminatorCritic
        judge = told(self.discriminator, joins=self._joins)
        return self.augmenter.before(judge, batch)

    def _draw(self, batch: Batch) -> GeneratedBatch:
        return GeneratedBatch.from_latents(self.generator, self.draw_latents(len(batch.real), batch.random))

    def _recognize(self, batch: Batch, drawn: GeneratedBatch, told: Tensor) -> Losses:
        """Returns -Σ λ L_I over the codes of `drawn`, and observes the bounds, of all codes together and of each."""
        _, *values = self._part(drawn.latents)
        parts = zip(self.spec.codes, values, self._part_told(told), strict=True)
        found = [code.information(value, part) for code, value, part in parts]
        batch.observe(information=torch.stack(found).sum())
        if len(found) > 1:
            batch.observe(**{f"information_{self._name(index)}": value for index, value in enumerate(found)})
        weighted = [code.weight * value for code, value in zip(self.spec.codes, found, strict=True)]
        return {"recognition": -torch.stack(weighted).sum()}

    def _part(self, latents: Tensor) -> Sequence[Tensor]:
        """Returns the noise of latents [N, n], and each of their codes."""
        sizes = [self.spec.noise.size, *(code.size for code in self.spec.codes)]
        return torch.split_with_sizes(latents, sizes, 1)

    def _part_told(self, told: Tensor) -> Sequence[Tensor]:
        """Returns what is told of each code."""
        return torch.split_with_sizes(told, [code.told for code in self.spec.codes], 1)

    def _name(self, index: int) -> str:
        """Returns the code's kind, numbered where there are several of it."""
        kinds = [code.kind().lower() for code in self.spec.codes]
        same = [place for place, kind in enumerate(kinds) if kind == kinds[index]]
        return kinds[index] if len(same) == 1 else f"{kinds[index]}-{same.index(index) + 1}"
