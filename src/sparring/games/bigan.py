"""BiGAN, also known as ALI: a generator and an encoder that learn to be each other's inverse."""

from collections.abc import Hashable, Mapping
from dataclasses import replace
from math import prod

import torch
from torch import Tensor

from sparring.adversary import (
    AugmentedCritic,
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
from sparring.errors import ShapeError
from sparring.game import Batch, Game, Losses, Projection, SampleGrid, Team
from sparring.latents import Deterministic, Encoding, Gaussian, Prior
from sparring.losses import AdversarialLoss, NonSaturating
from sparring.network import Condition, Network, Shape, couples_samples
from sparring.networks import DCGANDiscriminator, DCGANGenerator, Joint, JointDiscriminator
from sparring.spec.schedule import is_stationary

_ROW, _MOST_ROWS = 10, 5


class BiGAN(Game):
    """A generator G(z) and an encoder E(x) against a discriminator of pairs, (x, E(x)) from (G(z), z).

    With the best discriminator the team minimises the Jensen-Shannon divergence of the two joint distributions; where
    it is 0, E inverts G almost everywhere (Donahue et al. 2017, sec. 3; Dumoulin et al. 2017). The team minimises
    the discriminator's loss with the two kinds of pairs exchanged, the former paper's inverse objective (sec. 3.4):
    where a loss has a generator's part of its own, that part is not used.

    Penalties see pairs: slopes are those by sample and latent together. `augmentations` transform the samples of
    both kinds of pairs, and leave what the encoder sees and the latents as they are.
    """

    class Spec(Game.Spec):
        """The cast and the rules; `encoding` is what the encoder tells: BiGAN's is deterministic, ALI's stochastic."""

        generator: Network.Spec = DCGANGenerator.Spec()
        encoder: Network.Spec = DCGANDiscriminator.Spec()
        discriminator: Joint = Joint()
        prior: Prior = Gaussian(size=64)
        encoding: Encoding = Deterministic()
        losses: AdversarialLoss = NonSaturating()
        penalties: Penalties = ()
        generator_penalties: GeneratorPenalties = ()
        projections: tuple[Projection, ...] = ()
        augmentations: Augmentations = ()

    spec: Spec

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        super().__init__(spec, sample, Condition())
        size = spec.prior.size
        check_fit(sample, augmentations=spec.augmentations)
        pair = (prod(sample) + size,)
        check_fit(pair, penalties=spec.penalties, generator_penalties=spec.generator_penalties)
        self.generator = self.build_player("generator", spec.generator, (size,), sample)
        self.encoder = self.build_player("encoder", spec.encoder, sample, (spec.encoding.count(size),))
        self.discriminator = _build(spec.discriminator, sample, size)
        self.augmenter = Augmenter(spec.augmentations)
        self.discriminator_penalties = Penalizer(spec.penalties, self.discriminator)
        self.generator_penalties = Penalizer(spec.generator_penalties, self.generator)
        self._joins = not couples_samples(self.discriminator)
        self._stationary = is_stationary(spec.augmentations)
        self.teams = (
            Team("discriminator", {"discriminator": self.discriminator}, self.discriminate, spec.projections),
            Team("generator", {"generator": self.generator, "encoder": self.encoder}, self.generate),
        )

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the discriminator's losses: samples with their codes against latents with what they generate."""
        met = replace(batch, real=self._pair(batch))
        scores = score(self._judge(batch), met, self._draw(batch), self.discriminator_penalties)
        return {"adversarial": self.spec.losses.discriminator(scores.real, scores.fake), **scores.penalties}

    def generate(self, batch: Batch) -> Losses:
        """Returns what generator and encoder minimise against the discriminator as it stands."""
        judge, drawn, due = self._judge(batch), self._draw(batch), self.generator_penalties.due(batch.step)
        pairs = self._pair(batch)
        if judge.joins:
            real, fake = judge.doubled()(torch.cat((pairs, drawn.samples))).chunk(2)
        else:
            real, fake = judge(pairs), judge(drawn.samples)
        losses = {"adversarial": self.spec.losses.discriminator(fake, real)}
        if due:
            seen = (judge, pairs, drawn.samples, real, fake, batch.random)
            inputs = PenaltyInputs(
                *seen, player=self.generator, generated=drawn, images=batch.images, parts=batch.parts
            )
            losses |= self.generator_penalties.losses(due, inputs)
        return losses

    def draw(self, count: int, random: torch.Generator, condition: Tensor | None = None) -> Tensor:
        return self.render(self.draw_latents(count, random), condition)

    def draw_latents(self, count: int, random: torch.Generator) -> Tensor:
        return self.spec.prior.draw(count, random)

    def render(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        samples: Tensor = self.generator(latents, condition)
        return samples

    def encode(self, samples: Tensor) -> Tensor:
        """Returns the latents [N, n] of samples [N, *sample], the means where the encoder is stochastic."""
        return self.spec.encoding.expect(self.encoder(samples))

    @property
    def spherical(self) -> bool:
        return self.spec.prior.spherical

    def sample_grids(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, SampleGrid]:
        """Returns rows of real samples with their reconstructions below."""
        shown = real[: _ROW * _MOST_ROWS]
        return {"reconstructions": SampleGrid.compare(shown, self.render(self.encode(shown)), _ROW)}

    def capture_key(self, batch: Batch) -> Hashable | None:
        penalizers = (self.discriminator_penalties, self.generator_penalties)
        due = tuple(penalizer.capture_key(batch.step) for penalizer in penalizers)
        return due if self._stationary and None not in due else None

    def _judge(self, batch: Batch) -> Critic:
        judge = DiscriminatorCritic(self.discriminator, joins=self._joins)
        if not self.spec.augmentations:
            return judge
        return _AugmentedPairs(judge, self.augmenter, batch, self.discriminator)

    def _pair(self, batch: Batch) -> Tensor:
        """Returns real samples with latents that the encoder gives them, as pairs."""
        latents = self.spec.encoding.draw(self.encoder(batch.real), batch.random)
        return self.discriminator.join(batch.real, latents)

    def _draw(self, batch: Batch) -> GeneratedBatch:
        """Returns pairs of generated samples and their latents."""
        latents = self.spec.prior.draw(len(batch.real), batch.random)
        return GeneratedBatch.from_latents(lambda given: self.discriminator.join(self.generator(given), given), latents)


class _AugmentedPairs(AugmentedCritic):
    """Augments the samples of pairs, and leaves the latents as they are."""

    def __init__(self, judge: Critic, augmenter: Augmenter, batch: Batch, discriminator: JointDiscriminator) -> None:
        super().__init__(judge, augmenter, batch)
        self.pairs = discriminator

    def doubled(self) -> Critic:
        """Returns itself: nobody is told a condition."""
        return self

    def _augment(self, samples: Tensor) -> Tensor:
        shown, latents = self.pairs.part(samples)
        return self.pairs.join(super()._augment(shown), latents)


def _build(spec: Joint, sample: Shape, size: int) -> JointDiscriminator:
    try:
        return spec.build(sample, size)
    except ShapeError as error:
        raise ShapeError(f"game.discriminator: {error}") from None
