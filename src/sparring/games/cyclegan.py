"""CycleGAN: two generators that undo one another, between two domains that nothing pairs."""

from collections.abc import Mapping

import torch
from pydantic import NonNegativeFloat, NonNegativeInt, PositiveFloat
from torch import Tensor
from torch.nn.functional import l1_loss

from sparring.adversary import AdversarialLoss, AdversarialSpec, Adversaries, Adversary, GeneratedBatch, ImagePool
from sparring.errors import ShapeError
from sparring.game import Batch, Losses, SampleGrid, Team, with_channels
from sparring.games.translation_game import TranslationGame
from sparring.layers.normalization import InstanceNorm
from sparring.losses import LeastSquares
from sparring.network import Condition, Network, Shape, couples_samples
from sparring.networks import PatchGAN, ResNetTranslator

_COLUMNS = 10


class CycleGAN(TranslationGame):
    """G: a → b and F: b → a against D_a and D_b, which score images of their domain (Zhu et al. 2017).

        L = L_GAN(G, D_b) + L_GAN(F, D_a) + λ (E‖F(G(a)) - a‖₁ + E‖G(F(b)) - b‖₁)                    (eqs. 1-3)

    ‖·‖₁ is the mean over pixels and channels, and λ `cycle_weight`. Discriminators see a pool of `history` images, and
    their objective is halved (sec. 4). `LeastSquares` has a half of its own, after Mao et al., which this paper's has
    not: with the default `adversarial_weight` of 2 generators minimise E[(D(G(a)) - 1)²] and discriminators
    ½ (E[(D(b) - 1)²] + E[D(G(a))²]). `identity_weight` is that of E‖G(b) - b‖₁ + E‖F(a) - a‖₁, which keeps colours;
    the paper has none except from paintings to photos, where it is 0.5 λ = 5 (sec. 5.2).
    All players move at once, as published: discriminators score the images that generators made before their step.
    """

    class Spec(AdversarialSpec):
        """The players and the rules; both generators, and both discriminators, are of one kind."""

        order: tuple[str | tuple[str, ...], ...] = (("generators", "discriminators"),)
        generator: Network.Spec = ResNetTranslator.Spec()
        discriminator: Network.Spec = PatchGAN.Spec(normalization=InstanceNorm())
        losses: AdversarialLoss = LeastSquares(a=0.0, b=1.0, c=1.0)
        adversarial_weight: PositiveFloat = 2.0
        cycle_weight: NonNegativeFloat = 10.0
        identity_weight: NonNegativeFloat = 0.0
        history: NonNegativeInt = 50

    spec: Spec
    directions = ("a-to-b", "b-to-a")

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        super().__init__(spec, sample, condition)
        a, b, alone = condition.shape, sample, Condition()
        if spec.identity_weight and a != b:
            raise ShapeError(
                f"game.identity_weight: images of a are {a} and of b {b}, which no generator can leave as they are; "
                "needs as many channels (data.a.channels, data.b.channels), or identity_weight=0"
            )
        self.a_to_b = self.build_player("generator", spec.generator, a, b, alone)
        self.b_to_a = self.build_player("generator", spec.generator, b, a, alone)
        self.of_a = self.build_player("discriminator", spec.discriminator, a, (1,), alone)
        self.of_b = self.build_player("discriminator", spec.discriminator, b, (1,), alone)
        self.pool_a, self.pool_b = ImagePool(spec.history, a), ImagePool(spec.history, b)
        self.adversary_a = Adversary(spec, self.of_a, a, self.b_to_a, name="a")
        self.adversary_b = Adversary(spec, self.of_b, b, self.a_to_b, name="b")
        self._one_pass = not couples_samples(self.a_to_b)
        generators = Team("generators", {"a_to_b": self.a_to_b, "b_to_a": self.b_to_a}, self.generate)
        adversaries = Adversaries({"of_a": self.adversary_a, "of_b": self.adversary_b})
        self.teams = (generators, adversaries.team(self.discriminate))

    def generate(self, batch: Batch) -> Losses:
        """Returns the generators' losses: passing for real, coming back, and leaving alone what is there already."""
        a, b = self.sources(batch), batch.real
        fake_b, same_b = self._generate(self.a_to_b, a, b)
        fake_a, same_a = self._generate(self.b_to_a, b, a)
        batch.shared.update(fake_a=fake_a.detach(), fake_b=fake_b.detach())
        losses = self.adversary_a.fool(batch, GeneratedBatch(fake_a, b, self.b_to_a), a)[0]
        losses |= self.adversary_b.fool(batch, GeneratedBatch(fake_b, a, self.a_to_b), b)[0]
        losses = _weighted(losses, self.spec.adversarial_weight)
        losses["cycle_a"] = self.spec.cycle_weight * l1_loss(self.b_to_a(fake_b), a)
        losses["cycle_b"] = self.spec.cycle_weight * l1_loss(self.a_to_b(fake_a), b)
        if same_a is not None and same_b is not None:
            losses["identity_a"] = self.spec.identity_weight * l1_loss(same_a, a)
            losses["identity_b"] = self.spec.identity_weight * l1_loss(same_b, b)
        return losses

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the discriminators' losses: real images of each domain against a pool of translations into it."""
        a, b = self.sources(batch), batch.real
        translated = batch.shared or {"fake_a": self.b_to_a(b), "fake_b": self.a_to_b(a)}
        fake_a = GeneratedBatch(self.pool_a.query(translated["fake_a"], batch.random), b, self.b_to_a)
        fake_b = GeneratedBatch(self.pool_b.query(translated["fake_b"], batch.random), a, self.a_to_b)
        losses = self.adversary_a.discriminate(batch, fake_a, a)[0]
        losses |= self.adversary_b.discriminate(batch, fake_b, b)[0]
        return _weighted(losses, self.spec.adversarial_weight / 2)

    def translator(self, direction: str) -> Network:
        return self.a_to_b if direction == "a-to-b" else self.b_to_a

    def sample_grids(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, SampleGrid]:
        """Returns rows of images of each domain, of their translations, and of these translated back."""
        assert condition is not None
        a, b = condition[: 3 * _COLUMNS], real[: 3 * _COLUMNS]
        in_b, in_a = self.a_to_b(a), self.b_to_a(b)
        rows = ((a, in_b, self.b_to_a(in_b)), (b, in_a, self.a_to_b(in_a)))
        most = max(a.shape[1], b.shape[1])
        grids = (SampleGrid.layer([with_channels(images, most) for images in row], _COLUMNS) for row in rows)
        return dict(zip(self.directions, grids, strict=True))

    def _generate(self, generator: Network, images: Tensor, identical: Tensor) -> tuple[Tensor, Tensor | None]:
        """Returns translations of `images`, and if identity counts, those of images of the other domain."""
        if not (self.spec.identity_weight and self._one_pass):
            return generator(images), generator(identical) if self.spec.identity_weight else None
        translated, same = generator(torch.cat((images, identical))).chunk(2)
        return translated, same


def _weighted(losses: Losses, weight: float) -> Losses:
    return {name: weight * loss if name.startswith("adversarial") else loss for name, loss in losses.items()}
