"""CycleGAN: two generators that undo one another, between two domains that nothing pairs."""

from collections.abc import Mapping
from dataclasses import replace

import torch
from pydantic import NonNegativeFloat, NonNegativeInt, PositiveFloat
from torch import Tensor

from sparring.adversary import (
    Augmenter,
    Critic,
    DiscriminatorCritic,
    GeneratedBatch,
    Penalizer,
    Penalties,
    check_fit,
    score,
    to_float32,
)
from sparring.adversary.image_pool import ImagePool
from sparring.augment import Augmentations
from sparring.errors import ShapeError, SpecError
from sparring.game import Batch, Game, Losses, Projection, SampleGrid, Team
from sparring.game.panels import with_channels
from sparring.layers.normalization import InstanceNorm
from sparring.losses import AdversarialLoss, LeastSquares
from sparring.network import Condition, Network, Shape, couples_samples
from sparring.networks import PatchGAN, ResNetTranslator

_COLUMNS = 10

Pair = tuple[Tensor, Tensor]
"""Something of domain a, and the like of domain b."""


class CycleGAN(Game):
    """G: a → b and F: b → a against D_a and D_b, which tell made images of their domain from real ones.

        L = L_GAN(G, D_b) + L_GAN(F, D_a) + λ (E‖F(G(a)) - a‖₁ + E‖G(F(b)) - b‖₁)                    (eqs. 1-3)

    (Zhu et al. 2017), ‖·‖₁ being the mean over pixels and channels, and λ `cycle_weight`. Discriminators are shown a
    history of `history` images, and their objective is halved (sec. 4). `LeastSquares` has a half of its own, after Mao
    et al., that this paper's has not: with the default `adversarial_weight` of 2 generators minimise
    E[(D(G(a)) - 1)²] and discriminators ½ (E[(D(b) - 1)²] + E[D(G(a))²]). Theirs is always half the weight.

    `identity_weight` is that of E‖G(b) - b‖₁ + E‖F(a) - a‖₁, which keeps colours; the paper has none except from
    paintings to photos, where it is 0.5 λ = 5 (sec. 5.2).

    All players move at once, as published: discriminators judge what the generators made before their step, so that
    it is made only once. Translation and identity, of which both are of one generator, are one pass through it.
    Images are batches' `condition` (of a) and `real` (of b).
    """

    class Spec(Game.Spec):
        """The cast and the rules; both generators, and both discriminators, are of one kind."""

        order: tuple[str | tuple[str, ...], ...] = (("generators", "discriminators"),)
        generator: Network.Spec = ResNetTranslator.Spec()
        discriminator: Network.Spec = PatchGAN.Spec(normalization=InstanceNorm())
        losses: AdversarialLoss = LeastSquares(a=0.0, b=1.0, c=1.0)
        adversarial_weight: PositiveFloat = 2.0
        cycle_weight: NonNegativeFloat = 10.0
        identity_weight: NonNegativeFloat = 0.0
        history: NonNegativeInt = 50
        penalties: Penalties = ()
        projections: tuple[Projection, ...] = ()
        augmentations: Augmentations = ()

    spec: Spec
    directions = ("a-to-b", "b-to-a")

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        _check_domains(sample, condition, spec.identity_weight > 0)
        super().__init__(spec, sample, condition)
        for shape in (condition.shape, sample):
            check_fit(shape, augmentations=spec.augmentations, penalties=spec.penalties)
        a, b, alone = condition.shape, sample, Condition()
        self.a_to_b = self.build_player("generator", spec.generator, a, b, alone)
        self.b_to_a = self.build_player("generator", spec.generator, b, a, alone)
        self.of_a = self.build_player("discriminator", spec.discriminator, a, (1,), alone)
        self.of_b = self.build_player("discriminator", spec.discriminator, b, (1,), alone)
        self.history_a, self.history_b = ImagePool(spec.history, a), ImagePool(spec.history, b)
        self.penalties_a, self.penalties_b = (Penalizer(spec.penalties, player) for player in (self.of_a, self.of_b))
        self.augmenter_a, self.augmenter_b = Augmenter(spec.augmentations), Augmenter(spec.augmentations)
        self._together = not couples_samples(self.a_to_b)
        self._joins = not couples_samples(self.of_a)
        generators = {"a_to_b": self.a_to_b, "b_to_a": self.b_to_a}
        discriminators = {"of_a": self.of_a, "of_b": self.of_b}
        self.teams = (
            Team("generators", generators, self.generate),
            Team("discriminators", discriminators, self.discriminate, spec.projections),
        )

    def generate(self, batch: Batch) -> Losses:
        """Returns the generators' losses: passing for real, coming back, and leaving alone what is there already."""
        a, b = _domains(batch)
        (fake_b, same_b), (fake_a, same_a) = self._make(self.a_to_b, a, b), self._make(self.b_to_a, b, a)
        batch.shared.update(fake_a=fake_a.detach(), fake_b=fake_b.detach())
        losses = {
            "adversarial_a": self._fool(self._judge("a", batch), fake_a, a),
            "adversarial_b": self._fool(self._judge("b", batch), fake_b, b),
            "cycle_a": self.spec.cycle_weight * _distance(self.b_to_a(fake_b), a),
            "cycle_b": self.spec.cycle_weight * _distance(self.a_to_b(fake_a), b),
        }
        if same_a is None or same_b is None:
            return losses
        weight = self.spec.identity_weight
        return losses | {"identity_a": weight * _distance(same_a, a), "identity_b": weight * _distance(same_b, b)}

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the discriminators' losses: real images of each domain against a history of translations into it."""
        a, b = _domains(batch)
        fake_a, fake_b = self._made(batch, a, b)
        made_a = GeneratedBatch(self.history_a.query(fake_a, batch.random), b, self.b_to_a)
        made_b = GeneratedBatch(self.history_b.query(fake_b, batch.random), a, self.a_to_b)
        losses_a = self._tell("a", replace(batch, real=a), made_a, self.penalties_a)
        losses_b = self._tell("b", replace(batch, real=b), made_b, self.penalties_b)
        return losses_a | losses_b

    def draw(self, count: int, random: torch.Generator, condition: Tensor | None = None) -> Tensor:
        """Returns `condition` [count, *sample], images of a, translated to b; raises `SpecError` without one."""
        told = self.condition.draw(count, random) if condition is None else condition
        assert told is not None
        return self.translate(told, "a-to-b")

    def translate(self, images: Tensor, direction: str) -> Tensor:
        self.check_direction(direction)
        player = self.a_to_b if direction == self.directions[0] else self.b_to_a
        translated: Tensor = player(images)
        return translated

    def sample_grids(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, SampleGrid]:
        """Returns rows of images of each domain, of what they become in the other, and of what comes back."""
        assert condition is not None
        a, b = condition[: 3 * _COLUMNS], real[: 3 * _COLUMNS]
        in_b, in_a = self.a_to_b(a), self.b_to_a(b)
        shown = {"a-to-b": (a, in_b, self.b_to_a(in_b)), "b-to-a": (b, in_a, self.a_to_b(in_a))}
        most = max(a.shape[1], b.shape[1])
        return {
            name: SampleGrid.layer([with_channels(images, most) for images in layers], _COLUMNS)
            for name, layers in shown.items()
        }

    def _make(self, player: Network, images: Tensor, at_home: Tensor) -> tuple[Tensor, Tensor | None]:
        """Returns translations of `images`, and where it counts what becomes of images of the domain that is made."""
        if not self.spec.identity_weight:
            return player(images), None
        if not self._together:
            return player(images), player(at_home)
        made, same = player(torch.cat((images, at_home))).chunk(2)
        return made, same

    def _made(self, batch: Batch, a: Tensor, b: Tensor) -> Pair:
        """Returns translations into a and b: those of the generators that move at once, where they have any."""
        if "fake_a" in batch.shared:
            return batch.shared["fake_a"], batch.shared["fake_b"]
        return self.b_to_a(b), self.a_to_b(a)

    def _fool(self, judge: Critic, fake: Tensor, real: Tensor) -> Tensor:
        scores = judge(fake)
        losses = self.spec.losses
        return self.spec.adversarial_weight * losses.generator(scores, judge(real) if losses.needs_real else None)

    def _tell(self, domain: str, batch: Batch, made: GeneratedBatch, penalizer: Penalizer) -> Losses:
        """Returns the losses of a domain's discriminator; what is observed has the domain's name too."""
        own = replace(batch, observations={})
        scores = score(self._judge(domain, own), own, made, penalizer)
        batch.observe(**_named(own.observations, domain))
        loss = self.spec.losses.discriminator(scores.real, scores.fake)
        return _named({"adversarial": self.spec.adversarial_weight / 2 * loss, **scores.penalties}, domain)

    def _judge(self, domain: str, batch: Batch) -> Critic:
        player, augmenter = (self.of_a, self.augmenter_a) if domain == "a" else (self.of_b, self.augmenter_b)
        return augmenter.before(DiscriminatorCritic(player, joins=self._joins), batch)


def _check_domains(sample: Shape, condition: Condition, alike: bool) -> None:
    """Raises `SpecError` where no other domain is told, `ShapeError` where its images do not fit these."""
    if not condition.shape:
        raise SpecError("CycleGAN: the data is of one domain; needs two, for example data.kind=Unpaired")
    shapes = f"images of a are {condition.shape} and of b {sample}"
    if condition.shape[1:] != sample[1:]:
        raise ShapeError(f"CycleGAN: {shapes}; needs one height and width, for example data.a.size and data.b.size")
    if alike and condition.shape != sample:
        raise ShapeError(
            f"game.identity_weight: {shapes}, which no generator can leave as they are; needs as many channels "
            "(data.a.channels, data.b.channels), or identity_weight=0"
        )


def _domains(batch: Batch) -> Pair:
    """Returns the real images of a and of b."""
    assert batch.condition is not None
    return batch.condition, batch.real


def _distance(made: Tensor, real: Tensor) -> Tensor:
    """Returns the mean over all pixels and channels of how far they are apart."""
    return (to_float32(made) - real).abs().mean()


def _named(values: Losses, domain: str) -> Losses:
    return {f"{name}_{domain}": value for name, value in values.items()}
