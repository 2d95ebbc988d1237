"""Penalties: further addends of a player's losses where the critic meets real and generated samples."""

from abc import abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar

import torch
from pydantic import AfterValidator, NonNegativeFloat, PositiveInt
from torch import Tensor, nn

from sparring.adversary.critic import Critic, Side
from sparring.adversary.memory import Memories, Memory
from sparring.errors import SpecError
from sparring.game import GeneratedBatch, Losses
from sparring.network import Shape
from sparring.spec import Family
from sparring.spec.schedule import is_stationary


@dataclass(frozen=True)
class PenaltyInputs:
    """Everything a penalty can read during one move.

    `player` is the player that moves, `generated` the origin of the generated samples. On the generator's move they
    depend on its weights, and real samples have scores only if its loss needs them. `memory` is the penalty's own
    state; `images` counts the real images shown before; a move is computed in so many `parts` (micro-batches).
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
            raise SpecError(f"a penalty reads the input gradients of {side} samples; add {side!r} to `gradient_sides`")
        (gradient,) = torch.autograd.grad(scores.sum(), samples, create_graph=True)
        return gradient.flatten(1)


class Penalty(Family):
    """A further addend of a player's losses.

    It is computed on every `every`-th step and then counts `every` times, which keeps its mean strength (Karras et al.
    2020, appendix B; optimizers stay as they are here). `gradient_sides` names the sides at whose samples scores are
    differentiated; `needs_double_backward` says that scores are differentiated anywhere, which is done in float32:
    both on the discriminator's move. `players` says whose penalty it may be. `stationary` promises that it depends on
    the step only through `every` and its fields: a captured move may replay it.
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
        """Returns the penalty's initial state; it is saved in checkpoints."""
        return {}

    def check(self, sample: Shape) -> None:
        """Raises `ShapeError` where it has no meaning for samples of shape `sample`."""

    def check_player(self, player: nn.Module) -> None:
        """Raises `SpecError` where it has no meaning for `player`."""

    def due(self, step: int) -> bool:
        """Whether the penalty is computed at `step`."""
        return self.weight > 0 and step % self.every == 0


def _check(penalties: tuple[Penalty, ...], player: str) -> tuple[Penalty, ...]:
    kinds = [penalty.kind() for penalty in penalties]
    if twice := sorted({kind for kind in kinds if kinds.count(kind) > 1}):
        raise ValueError(f"{', '.join(twice)} is listed twice; combine them into one with the summed weight")
    if wrong := [penalty.kind() for penalty in penalties if player not in penalty.players]:
        raise ValueError(f"{', '.join(wrong)} is no penalty of a {player}")
    return penalties


Penalties = Annotated[tuple[Penalty, ...], AfterValidator(lambda penalties: _check(penalties, "discriminator"))]
"""A discriminator's penalties, of different kinds."""

GeneratorPenalties = Annotated[tuple[Penalty, ...], AfterValidator(lambda penalties: _check(penalties, "generator"))]
"""A generator's penalties, of different kinds."""


class Penalizer(Memories):
    """The penalties of one `player`, with their state."""

    def __init__(self, penalties: Sequence[Penalty], player: nn.Module) -> None:
        super().__init__(penalties)
        self.penalties = tuple(penalties)
        self._player = (player,)  # in a tuple: it is no submodule of this one
        self._stationary = [not penalty.memory() and is_stationary(penalty) for penalty in penalties]
        for penalty in penalties:
            penalty.check_player(player)

    @property
    def player(self) -> nn.Module:
        """The player whose losses these are added to."""
        return self._player[0]

    def due(self, step: int) -> list[Penalty]:
        """Returns the penalties that are computed at `step`."""
        return [penalty for penalty in self.penalties if penalty.due(step)]

    def needs_double_backward(self, step: int) -> bool:
        """Whether a penalty that is due at `step` differentiates scores, or samples."""
        return any(penalty.needs_double_backward or penalty.gradient_sides for penalty in self.due(step))

    def capture_key(self, step: int) -> Hashable | None:
        """Returns which penalties are due; None if one of them depends on more than the step's samples."""
        due = [index for index, penalty in enumerate(self.penalties) if penalty.due(step)]
        return tuple(due) if all(self._stationary[index] for index in due) else None

    def losses(self, inputs: PenaltyInputs, step: int) -> Losses:
        """Returns the penalties that are due at `step`, weights applied, by their kind."""
        return {
            penalty.kind(): penalty.value(replace(inputs, memory=self.memory(index))) * (penalty.weight * penalty.every)
            for index, penalty in enumerate(self.penalties)
            if penalty.due(step)
        }
