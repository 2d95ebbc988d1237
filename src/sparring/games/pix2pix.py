"""pix2pix: images made from images, out of pairs of both."""

from collections.abc import Mapping
from typing import ClassVar

import torch
from pydantic import NonNegativeFloat
from torch import Tensor
from torch.nn.functional import l1_loss

from sparring.adversary import AdversarialLoss, AdversarialSpec, Adversary, GeneratedBatch
from sparring.direction import ScoreDirection
from sparring.game import Batch, Losses, SampleGrid, with_channels
from sparring.games.translation_game import TranslationGame
from sparring.losses import NonSaturating
from sparring.network import Condition, Network, Shape
from sparring.networks import PatchGAN, UNet

_COLUMNS, _MAX_ROWS = 10, 4


class Pix2Pix(TranslationGame):
    """A generator G(x) of images from images, against a discriminator D of pairs (Isola et al. 2017).

    The generator minimises its part of `losses` and `l1_weight` times the mean of |y - G(x)|, y being the target of
    the source x (eqs. 1-4). Its only noise is the network's dropout, in training and after.
    A pair is one image, the channels of the target followed by those of the source: the discriminator's only
    condition. Augmentations therefore move target and source alike, and penalties read the gradient by both together.
    The discriminator minimises half of its part of `losses`, as published, and its penalties in full.

    Teams move in turn, as published: the generator against the discriminator after its step. Where they move at once,
    `order=[[generator, discriminator]]`, the discriminator scores the generator's images instead of new ones. The
    latents that penalties read are the sources: `LatentDiversity` compares G(x + Δ) with G(x).
    """

    class Spec(AdversarialSpec):
        """The players and the rules; without `adversarial_weight` it is the regression that the paper compares with."""

        validation_metric_directions: ClassVar[Mapping[str, ScoreDirection]] = {"l1": "lower"}

        generator: Network.Spec = UNet.Spec()
        discriminator: Network.Spec = PatchGAN.Spec()
        losses: AdversarialLoss = NonSaturating()
        adversarial_weight: NonNegativeFloat = 1.0
        l1_weight: NonNegativeFloat = 100.0

    spec: Spec

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        super().__init__(spec, sample, condition)
        pair = (sample[0] + condition.shape[0], *sample[1:])
        self.generator = self.build_player("generator", spec.generator, condition.shape, sample, Condition())
        self.discriminator = self.build_player("discriminator", spec.discriminator, pair, (1,), Condition())
        self.adversary = Adversary(spec, self.discriminator, pair, self.generator)
        self.teams = self.adversary.teams(self.discriminate, self.generate)

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the discriminator's losses: pairs of the data against those with generated targets."""
        losses, _ = self.adversary.discriminate(batch, self._fake(batch), _pair(batch.real, self.sources(batch)))
        return losses | {"adversarial": losses["adversarial"] / 2}  # sec. 3.3: "while optimizing D"

    def generate(self, batch: Batch) -> Losses:
        """Returns the generator's losses: against the discriminator as it is, and the distance to the target."""
        fake = self._fake(batch)
        batch.shared["generated"] = fake.samples.detach()
        losses, _ = self.adversary.fool(batch, fake, _pair(batch.real, self.sources(batch)))
        distance = l1_loss(fake.samples[:, : self.sample[0]], batch.real)
        adversarial = self.spec.adversarial_weight * losses["adversarial"]
        return losses | {"adversarial": adversarial, "l1": self.spec.l1_weight * distance}

    def translator(self, direction: str) -> Network:
        return self.generator

    def sample_grids(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, SampleGrid]:
        """Returns rows of sources, of their translations, and of their targets."""
        assert condition is not None
        targets, sources = real[: _COLUMNS * _MAX_ROWS], condition[: _COLUMNS * _MAX_ROWS]
        translations = self.draw(len(sources), torch.Generator(sources.device).manual_seed(seed), sources)
        shades = with_channels(sources, self.sample[0])
        return {"translations": SampleGrid.layer((shades, translations, targets), _COLUMNS)}

    def validation_metrics(self, real: Tensor, condition: Tensor | None) -> Mapping[str, float]:
        """Returns the mean distance `l1` of translations from their targets, of 2 at most."""
        assert condition is not None
        return {"l1": float(l1_loss(self.translate(condition, "a-to-b"), real))}

    def _fake(self, batch: Batch) -> GeneratedBatch:
        """Returns pairs of translations and their sources."""
        sources, generated = self.sources(batch), batch.shared.get("generated")

        def generate(inputs: Tensor) -> Tensor:
            return _pair(self.generator(inputs), sources)

        return GeneratedBatch(generate(sources) if generated is None else generated, sources, generate)


def _pair(targets: Tensor, sources: Tensor) -> Tensor:
    """Returns pairs [N, C + C', H, W] of `targets` [N, C, H, W] and `sources` [N, C', H, W]."""
    return torch.cat((targets, sources), 1)
