"""A discriminator scores real and generated samples; which penalties are due where they meet."""

from abc import abstractmethod
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar

import torch
from pydantic import AfterValidator, NonNegativeFloat, PositiveInt
from torch import Tensor, nn

from sparring.adversary.critic import Augmentation, Critic, Memory, Side, to_float32
from sparring.errors import ShapeError, SpecError
from sparring.game import Batch, Losses
from sparring.network import Shape
from sparring.spec import Family
from sparring.spec.schedule import is_stationary


@dataclass(frozen=True)
class GeneratedBatch:
    """Generated samples [N, ...], and where they come from: `generate` maps `latents` [N, n] to them.

    `condition` [N] is what the generator was told of them, None if nothing.
    """

    samples: Tensor
    latents: Tensor
    generate: Callable[[Tensor], Tensor]
    condition: Tensor | None = None

    @classmethod
    def from_latents(
        cls, generate: Callable[[Tensor], Tensor], latents: Tensor, condition: Tensor | None = None
    ) -> "GeneratedBatch":
        """Returns what `generate` makes of `latents`."""
        return cls(generate(latents), latents, generate, condition)


@dataclass(frozen=True)
class PenaltyInputs:
    """Where a discriminator meets real and generated samples: all that a penalty may look at.

    `player` is the one that moves, `generated` where the generated samples come from; on the generator's
    move they depend on its weights, and real samples have scores only if its loss needs them. `memory` is
    the penalty's own; `images` real ones have been shown before. A move has so many meetings as its batch has `parts`.
    """

    critic: Critic
    real: Tensor
    fake: Tensor
    scores_real: Tensor | None
    scores_fake: Tensor
    random: torch.Generator
    input_gradients: Mapping[Side, Tensor] = field(default_factory=dict)
    player: nn.Module | None = None
    generated: GeneratedBatch | None = None
    memory: Memory = field(default_factory=dict)
    images: int = 0
    parts: int = 1

    def input_gradient(self, side: Side) -> Tensor:
        """Returns the gradients of the scores by the samples of one side, [N, D], themselves differentiable."""
        if side in self.input_gradients:
            return self.input_gradients[side].flatten(1)
        samples, scores = (self.real, self.scores_real) if side == "real" else (self.fake, self.scores_fake)
        if scores is None or not samples.requires_grad:
            raise SpecError(f"a penalty looks at the slopes of {side} samples without naming {side!r} in its `slopes`")
        (slope,) = torch.autograd.grad(scores.sum(), samples, create_graph=True)
        return slope.flatten(1)


class Penalty(Family):
    """A further addend of a player's losses.

    It is due on every `every`-th step and then counts `every` times, so that its mean strength does
    not depend on how lazily it is computed (Karras et al. 2020, appendix B; optimizers stay as they
    are here). `slopes` names the sides at whose samples the scores are differentiated; `needs_double_backward`
    says that they are differentiated anywhere, which is done in float32: both on the discriminator's move.
    `players` says who may have it, `stationary` that it depends on the step in no other way than through `every`
    and its fields, so that a move with it may be played from a recording.
    """

    gradient_sides: ClassVar[frozenset[Side]] = frozenset()
    needs_double_backward: ClassVar[bool] = True
    players: ClassVar[frozenset[str]] = frozenset({"discriminator"})
    stationary: ClassVar[bool] = False

    weight: NonNegativeFloat = 1.0
    every: PositiveInt = 1

    @abstractmethod
    def value(self, inputs: PenaltyInputs) -> Tensor:
        """Returns the penalty, a scalar, before its weight."""

    def memory(self) -> Memory:
        """Returns what the penalty remembers before the first step; saved with the run."""
        return {}

    def check(self, sample: Shape) -> None:
        """Raises `ShapeError` where it makes no sense for samples of shape `sample`."""

    def check_player(self, player: nn.Module) -> None:
        """Raises `SpecError` where it makes no sense for `player`."""

    def due(self, step: int) -> bool:
        """Whether the penalty is computed at `step`."""
        return self.weight > 0 and step % self.every == 0


def _check(penalties: tuple[Penalty, ...], player: str) -> tuple[Penalty, ...]:
    kinds = [penalty.kind() for penalty in penalties]
    if twice := sorted({kind for kind in kinds if kinds.count(kind) > 1}):
        raise ValueError(f"{', '.join(twice)} stands there more than once; add up the weights in one")
    if wrong := [penalty.kind() for penalty in penalties if player not in penalty.players]:
        raise ValueError(f"{', '.join(wrong)} is no penalty of a {player}")
    return penalties


Penalties = Annotated[tuple[Penalty, ...], AfterValidator(lambda given: _check(given, "discriminator"))]
"""A discriminator's penalties, of different kinds."""

GeneratorPenalties = Annotated[tuple[Penalty, ...], AfterValidator(lambda given: _check(given, "generator"))]
"""A generator's penalties, of different kinds."""


@dataclass(frozen=True)
class Scores:
    """Scores of real and of generated samples, [N, 1] each, and the penalties that were due.

    `told` [N, K] is what a `AuxiliaryCritic` says of each side beside the scores; of others it is empty.
    """

    real: Tensor
    fake: Tensor
    penalties: Losses
    told: Mapping[Side, Tensor] = field(default_factory=dict)


class Penalizer(nn.Module):
    """The penalties of one `player`; what they remember are its buffers, so that it is saved with the game."""

    def __init__(self, penalties: Sequence[Penalty], player: nn.Module) -> None:
        super().__init__()
        self.penalties = tuple(penalties)
        self._player = (player,)  # in a tuple, since it is no part of this module
        self._memories = {penalty.kind(): tuple(penalty.memory()) for penalty in penalties}
        self._stationary = {penalty.kind(): not penalty.memory() and is_stationary(penalty) for penalty in penalties}
        for penalty in penalties:
            penalty.check_player(player)
            for name, value in penalty.memory().items():
                self.register_buffer(f"{penalty.kind()}_{name}", value)

    @property
    def player(self) -> nn.Module:
        """Whose penalties these are."""
        return self._player[0]

    def due(self, step: int) -> list[Penalty]:
        """Returns the penalties that are computed at `step`."""
        return [penalty for penalty in self.penalties if penalty.due(step)]

    def needs_double_backward(self, step: int) -> bool:
        """Whether a penalty that is due at `step` differentiates scores, or samples."""
        return any(penalty.needs_double_backward or penalty.gradient_sides for penalty in self.due(step))

    def capture_key(self, step: int) -> Hashable | None:
        """Returns the kinds that are due; None if what one of them does depends on more than the step's samples."""
        kinds = tuple(penalty.kind() for penalty in self.due(step))
        return kinds if all(self._stationary[kind] for kind in kinds) else None

    def losses(self, due: Sequence[Penalty], inputs: PenaltyInputs) -> Losses:
        """Returns the values of the `due` penalties, weights applied, by their kind."""
        return {
            penalty.kind(): penalty.value(self._introduce(penalty, inputs)) * (penalty.weight * penalty.every)
            for penalty in due
        }

    def _introduce(self, penalty: Penalty, inputs: PenaltyInputs) -> PenaltyInputs:
        names = self._memories[penalty.kind()]
        if not names:
            return inputs
        memory = {name: self.get_buffer(f"{penalty.kind()}_{name}") for name in names}
        return replace(inputs, memory=memory)


def check_fit(sample: Shape, **fields: Sequence[Penalty | Augmentation]) -> None:
    """Raises `ShapeError` naming the game's field where one of its parts cannot do with samples of shape `sample`."""
    for name, parts in fields.items():
        for part in parts:
            try:
                part.check(sample)
            except ShapeError as error:
                raise ShapeError(f"game.{name}: {error}") from None


def score(critic: Critic, batch: Batch, drawn: GeneratedBatch, penalizer: Penalizer | None = None) -> Scores:
    """Returns the scores of `batch.real` and of the samples of `drawn`, and each due penalty by its kind.

    Both are scored in one pass where the critic joins them. When a due penalty differentiates, all scores are
    computed in float32, whatever autocast says. Mean scores are observed as `score_real` and `score_fake`, and the
    critic watches those of real samples: this is the discriminator's move.
    """
    due = penalizer.due(batch.step) if penalizer else []
    sides = frozenset().union(*(penalty.gradient_sides for penalty in due))
    exact = any(penalty.needs_double_backward for penalty in due)
    with torch.autocast(batch.real.device.type, enabled=False) if exact else nullcontext():
        real, fake = (to_float32(batch.real), to_float32(drawn.samples)) if exact else (batch.real, drawn.samples)
        said, slopes = _look(critic, {"real": real, "fake": fake}, sides)
        scores, beside = _part(said)
        batch.observe(score_real=scores["real"].mean(), score_fake=scores["fake"].mean())
        critic.watch(scores["real"])
        added: Losses = {}
        if penalizer and due:
            told = (scores["real"], scores["fake"], batch.random, slopes, penalizer.player, drawn)
            added = penalizer.losses(
                due, PenaltyInputs(critic, real, fake, *told, images=batch.images, parts=batch.parts)
            )
    return Scores(scores["real"], scores["fake"], added, beside)


def _part(said: dict[Side, Tensor]) -> tuple[dict[Side, Tensor], dict[Side, Tensor]]:
    """Returns the scores of both sides, and what is told beside them, if anything is."""
    if said["fake"].shape[1] == 1:
        return said, {}
    return {side: given[:, :1] for side, given in said.items()}, {side: given[:, 1:] for side, given in said.items()}


def _look(
    critic: Critic, samples: dict[Side, Tensor], sides: frozenset[Side]
) -> tuple[dict[Side, Tensor], dict[Side, Tensor]]:
    """Returns what is said of both sides, and the slopes of those asked for: in one pass where that saves work."""
    if critic.joins and len(sides) != 1 and len(samples["real"]) == len(samples["fake"]):
        both, together = critic.doubled(), torch.cat((samples["real"], samples["fake"]))
        if not sides:
            return dict(zip(samples, both.look(together).chunk(2), strict=True)), {}
        said, slopes = both.input_gradient(together)
        return dict(zip(samples, said.chunk(2), strict=True)), dict(zip(samples, slopes.chunk(2), strict=True))
    found: tuple[dict[Side, Tensor], dict[Side, Tensor]] = ({}, {})
    for side, given in samples.items():
        if side in sides:
            found[0][side], found[1][side] = critic.input_gradient(given)
        else:
            found[0][side] = critic.look(given)
    return found
