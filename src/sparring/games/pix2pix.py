"""pix2pix: images made from images, out of pairs of both."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import torch
from pydantic import NonNegativeFloat
from torch import Tensor
from torch.nn.functional import l1_loss

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
from sparring.game.panels import with_channels
from sparring.layers.dropout import drawn_from
from sparring.losses import AdversarialLoss, NonSaturating
from sparring.network import Condition, Network, Shape, couples_samples
from sparring.networks import PatchGAN, UNet

_ROW, _MOST_ROWS = 10, 4

_SLOWER = 0.5
"""Isola et al. 2017, sec. 3.3: "we divide the objective by 2 while optimizing D"."""


class Pix2Pix(Game):
    """A generator G(x) of images from images, against a discriminator D of pairs (Isola et al. 2017).

    The generator minimises its part of `losses` and `l1_weight` times the mean of |y - G(x)|, y being what the data
    has beside the source x (eqs. 1-4). Its only noise is the network's dropout, in training and after.

    A pair is one image, the channels of the target and behind them those of the source, and that is all that the
    discriminator is told: it is conditional by what it looks at, as BiGAN's is. So augmentations move target and
    source alike, and penalties are on the slope by both together. The discriminator minimises half of its part of
    `losses`, as published, and its penalties in full; Adam follows both sizes alike where there is no penalty.

    Teams move in turn, as published: the generator against the discriminator that has just learned. Where they move at
    once, `order=[[generator, discriminator]]`, what the generator made is judged as it is, and not made again.

    What a penalty takes for latents are the sources: one that steps beside them asks about G(x + Δ), beside x.
    """

    class Spec(Game.Spec):
        """The cast and the rules; an `adversarial_weight` of 0 leaves the regression that the paper compares with."""

        generator: Network.Spec = UNet.Spec()
        discriminator: Network.Spec = PatchGAN.Spec()
        losses: AdversarialLoss = NonSaturating()
        adversarial_weight: NonNegativeFloat = 1.0
        l1_weight: NonNegativeFloat = 100.0
        penalties: Penalties = ()
        generator_penalties: GeneratorPenalties = ()
        projections: tuple[Projection, ...] = ()
        augmentations: Augmentations = ()
        validation_metric_directions: ClassVar[Mapping[str, ScoreDirection]] = {"l1": "lower"}

    spec: Spec
    directions = ("a-to-b",)

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        if not condition.shape:
            raise SpecError(
                "game: Pix2Pix makes images from images, and the data has none to make them from; play it on pairs: "
                "data.kind=Pairs, SideBySide or Transformed"
            )
        super().__init__(spec, sample, condition)
        self.generator = self.build_player("generator", spec.generator, condition.shape, sample, Condition())
        pair = (sample[0] + condition.shape[0], *sample[1:])
        check_fit(
            pair,
            augmentations=spec.augmentations,
            penalties=spec.penalties,
            generator_penalties=spec.generator_penalties,
        )
        self.discriminator = self.build_player("discriminator", spec.discriminator, pair, (1,), Condition())
        self.discriminator_penalties = Penalizer(spec.penalties, self.discriminator)
        self.generator_penalties = Penalizer(spec.generator_penalties, self.generator)
        self.augmenter = Augmenter(spec.augmentations)
        self._joins = not couples_samples(self.discriminator)
        self.teams = (
            Team("discriminator", {"discriminator": self.discriminator}, self.discriminate, spec.projections),
            Team("generator", {"generator": self.generator}, self.generate),
        )

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the discriminator's losses: pairs of the data against those with generated targets."""
        met = replace(batch, real=_pair(batch.real, batch.condition))
        scores = score(self._judge(batch), met, self._draw(batch), self.discriminator_penalties)
        return {"adversarial": _SLOWER * self.spec.losses.discriminator(scores.real, scores.fake), **scores.penalties}

    def generate(self, batch: Batch) -> Losses:
        """Returns the generator's losses: what the discriminator says as it stands, and the distance to the target."""
        judge, drawn, due = self._judge(batch), self._draw(batch), self.generator_penalties.due(batch.step)
        batch.shared["made"] = drawn.samples.detach()
        pairs, fake = _pair(batch.real, batch.condition), judge(drawn.samples)
        real = judge(pairs) if self.spec.losses.needs_real else None
        made = to_float32(drawn.samples[:, : self.sample[0]])
        losses = {
            "adversarial": self.spec.adversarial_weight * self.spec.losses.generator(fake, real),
            "l1": self.spec.l1_weight * l1_loss(made, batch.real),
        }
        if due:
            seen = (judge, pairs, drawn.samples, real, fake, batch.random)
            inputs = PenaltyInputs(
                *seen, player=self.generator, generated=drawn, images=batch.images, parts=batch.parts
            )
            losses |= self.generator_penalties.losses(due, inputs)
        return losses

    def draw(self, count: int, random: torch.Generator, condition: Tensor | None = None) -> Tensor:
        """Returns what is made of the sources `condition` [count, *source], dropout drawn from `random`."""
        sources = self.condition.draw(count, random) if condition is None else condition
        with drawn_from(random):
            samples: Tensor = self.generator(sources)
        return samples

    def translate(self, images: Tensor, direction: str) -> Tensor:
        """Returns the targets [N, C, H, W] of `images` [N, C', H, W]; dropout is the same for the same count and size.

        Images of another size than the training's go through the network whole: see `UNet`.
        """
        self.check_direction(direction)
        return self.draw(len(images), torch.Generator(images.device).manual_seed(0), images)

    def sample_grids(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, SampleGrid]:
        """Returns rows of sources, of what is made of them, and of their targets."""
        assert condition is not None
        targets, sources = real[: _ROW * _MOST_ROWS], condition[: _ROW * _MOST_ROWS]
        made = self.draw(len(sources), torch.Generator(sources.device).manual_seed(seed), sources)
        return {"translations": SampleGrid.layer((with_channels(sources, self.sample[0]), made, targets), _ROW)}

    def validation_metrics(self, real: Tensor, condition: Tensor | None) -> Mapping[str, float]:
        """Returns the mean distance `l1` of what is made of sources from their targets, of 2 at most."""
        assert condition is not None
        made = self.draw(len(condition), torch.Generator(condition.device).manual_seed(0), condition)
        return {"l1": float(l1_loss(made, real))}

    def _judge(self, batch: Batch) -> Critic:
        judge = DiscriminatorCritic(self.discriminator, joins=self._joins)
        return self.augmenter.before(judge, batch)

    def _draw(self, batch: Batch) -> GeneratedBatch:
        """Returns pairs of generated targets and the sources that they are made from."""
        assert batch.condition is not None
        sources = batch.condition
        made = batch.shared.get("made")

        def generate(given: Tensor) -> Tensor:
            return _pair(self.generator(given), sources)

        return GeneratedBatch(generate(sources) if made is None else made, sources, generate)


def _pair(targets: Tensor, sources: Tensor | None) -> Tensor:
    """Returns pairs [N, C + C', H, W] of `targets` [N, C, H, W] and `sources` [N, C', H, W]."""
    assert sources is not None
    return torch.cat((targets, sources), 1)
