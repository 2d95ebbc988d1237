"""A discriminator with the rules it is trained by: what every adversarial game shares."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace

from torch import Tensor, nn

from sparring.adversary.augmentation import Augmentations, Augmenter
from sparring.adversary.critic import Critic, DiscriminatorCritic, Side, split_output
from sparring.adversary.loss import AdversarialLoss
from sparring.adversary.penalty import GeneratorPenalties, Penalizer, Penalties, PenaltyInputs
from sparring.adversary.score import Scores, evaluate, score
from sparring.errors import ShapeError
from sparring.game import Batch, Game, GeneratedBatch, Losses, Projection, Team
from sparring.network import Network, Shape, couples_samples
from sparring.spec.schedule import is_stationary


class AdversarialSpec(Game.Spec):
    """The rules of an adversary, flat in YAML; a game's Spec adds its players and the default of `losses`.

    The discriminator adds `penalties` to its part of `losses`, and `projections` are applied to its weights after each
    of its steps; the generator adds `generator_penalties`. Samples pass the `augmentations` before they are scored.
    """

    losses: AdversarialLoss
    penalties: Penalties = ()
    generator_penalties: GeneratorPenalties = ()
    projections: tuple[Projection, ...] = ()
    augmentations: Augmentations = ()


class Adversary(nn.Module):
    """A discriminator with the rules it is trained by; gives both halves of a GAN's step, `discriminate` and `fool`.

    `generator` is the player that `fool` trains. Samples have the shape `sample`; augmentations see the shape
    `augmented` where an `augmenter` of the game's own shows them less. The log names of losses and observations end
    in `name` where a game has several adversaries.

    Raises:
        ShapeError: an augmentation or a penalty has no meaning for samples of that shape.
        SpecError: a penalty has none for its player.
    """

    def __init__(
        self,
        spec: AdversarialSpec,
        discriminator: Network,
        sample: Shape,
        generator: nn.Module,
        *,
        augmenter: Augmenter | None = None,
        augmented: Shape | None = None,
        name: str = "",
    ) -> None:
        super().__init__()
        parts = {"penalties": spec.penalties, "generator_penalties": spec.generator_penalties}
        check_shapes(sample, **parts)
        check_shapes(augmented or sample, augmentations=spec.augmentations)
        self.spec, self.name = spec, name
        self.augmenter = augmenter or Augmenter(spec.augmentations)
        self.discriminator_penalties = Penalizer(spec.penalties, discriminator)
        self.generator_penalties = Penalizer(spec.generator_penalties, generator)
        self._discriminator = (discriminator,)  # in a tuple: it is the game's player, no submodule of this one
        self._concatenates = not couples_samples(discriminator)
        self._stationary = is_stationary(spec.augmentations)

    @property
    def discriminator(self) -> Network:
        """The discriminator."""
        return self._discriminator[0]

    def critic(self, batch: Batch, condition: Tensor | None = None) -> Critic:
        """Returns the discriminator given `condition` [N], behind the augmentations."""
        augmenter = self.augmenter if self.spec.augmentations else None
        return DiscriminatorCritic(self.discriminator, condition, augmenter, batch, self._concatenates)

    def discriminate(
        self, batch: Batch, fake: GeneratedBatch, real: Tensor | None = None, condition: Tensor | None = None
    ) -> tuple[Losses, Scores]:
        """Returns the discriminator's losses for `real` (`batch.real` unless given) against `fake`, and the scores."""
        own = batch if real is None else replace(batch, real=real)
        own = replace(own, observations={}) if self.name else own
        scores = score(self.critic(own, condition), own, fake, self.discriminator_penalties)
        if self.name:
            batch.observe(**self._named(own.observations))
        adversarial = self.spec.losses.discriminator(scores.real, scores.fake)
        return self._named({"adversarial": adversarial, **scores.penalties}), scores

    def fool(
        self, batch: Batch, fake: GeneratedBatch, real: Tensor | None = None, condition: Tensor | None = None
    ) -> tuple[Losses, Tensor]:
        """Returns the generator's losses for `fake` [N, ...], and the discriminator's full output for it, [N, 1 + K].

        `real` (`batch.real` unless given) is scored only if the loss needs it: see `needs_real`.
        """
        critic, real = self.critic(batch, condition), batch.real if real is None else real
        output = critic.output(fake.samples)
        scores = split_output(output)[0]
        scores_real = critic(real) if self.spec.losses.needs_real else None
        losses = {"adversarial": self.spec.losses.generator(scores, scores_real)}
        return self._named(losses) | self.penalize(critic, batch, fake, real, scores, scores_real), output

    def penalize(
        self,
        critic: Critic,
        batch: Batch,
        fake: GeneratedBatch,
        real: Tensor,
        scores_fake: Tensor,
        scores_real: Tensor | None,
    ) -> Losses:
        """Returns the generator's penalties that are due, given the scores [N, 1] of `fake` and, if known, `real`."""
        own = self.generator_penalties
        if not own.penalties:
            return {}
        known = (scores_real, scores_fake, batch.random)
        inputs = PenaltyInputs(
            critic,
            real,
            fake.samples,
            *known,
            player=own.player,
            generated=fake,
            images=batch.images,
            parts=batch.parts,
        )
        return self._named(own.losses(inputs, batch.step))

    def compare(self, critic: Critic, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the scores [N, 1] of `real` and `fake`, in one pass where the critic concatenates them."""
        sides: dict[Side, Tensor] = {"real": real, "fake": fake}
        outputs, _ = evaluate(critic, sides)
        return split_output(outputs["real"])[0], split_output(outputs["fake"])[0]

    def needs_real(self, step: int) -> bool:
        """Whether `fool` reads real samples at `step`: for the loss, or for a penalty that is due."""
        return self.spec.losses.needs_real or bool(self.generator_penalties.due(step))

    def team(self, move: Callable[[Batch], Losses]) -> Team:
        """Returns the discriminator's team, which minimises the losses that `move` returns."""
        return Team("discriminator", {"discriminator": self.discriminator}, move, self.spec.projections)

    def teams(
        self, discriminate: Callable[[Batch], Losses], generate: Callable[[Batch], Losses], **players: nn.Module
    ) -> tuple[Team, Team]:
        """Returns the discriminator's team and the generator's; further `players` move with the generator."""
        generator = {"generator": self.generator_penalties.player, **players}
        return self.team(discriminate), Team("generator", generator, generate)

    def capture_key(self, step: int) -> Hashable | None:
        """Returns what the operations of a move depend on besides samples and weights: see `Game.capture_key`."""
        keys = self.discriminator_penalties.capture_key(step), self.generator_penalties.capture_key(step)
        return keys if self._stationary and None not in keys else None

    def needs_double_backward(self, team: str, step: int) -> bool:
        """Whether the move of `team` differentiates scores or samples at `step`."""
        own = self.discriminator_penalties if team == "discriminator" else self.generator_penalties
        return own.needs_double_backward(step)

    def _named(self, values: Losses) -> Losses:
        return {f"{key}_{self.name}": value for key, value in values.items()} if self.name else values


class Adversaries(nn.Module):
    """Several discriminators of one generator, such as those of several scales or periods.

    They move as one team `discriminators`, and the losses of either side are listed under the name of each.
    """

    def __init__(self, adversaries: Mapping[str, Adversary]) -> None:
        super().__init__()
        self.members = nn.ModuleDict(adversaries)
        self._adversaries = dict(adversaries)

    def __getitem__(self, name: str) -> Adversary:
        return self._adversaries[name]

    def discriminate(self, batch: Batch, fake: GeneratedBatch) -> Losses:
        """Returns the losses of all discriminators for `batch.real` against `fake`."""
        return {k: v for one in self._adversaries.values() for k, v in one.discriminate(batch, fake)[0].items()}

    def fool(self, batch: Batch, fake: GeneratedBatch) -> Losses:
        """Returns the generator's losses against all discriminators."""
        return {k: v for one in self._adversaries.values() for k, v in one.fool(batch, fake)[0].items()}

    def team(self, move: Callable[[Batch], Losses]) -> Team:
        """Returns the discriminators' team, which minimises the losses that `move` returns."""
        players = {name: one.discriminator for name, one in self._adversaries.items()}
        projections = next(iter(self._adversaries.values())).spec.projections
        return Team("discriminators", players, move, projections)


def check_shapes(sample: Shape, **fields: Penalties | Augmentations) -> None:
    """Raises `ShapeError` naming the game's field where one of its parts has no meaning for `sample`."""
    for name, parts in fields.items():
        for part in parts:
            try:
                part.check(sample)
            except ShapeError as error:
                raise ShapeError(f"game.{name}: {error}") from None
