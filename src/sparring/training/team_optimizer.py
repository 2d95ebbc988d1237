"""The optimizer of a team, and the moves of a step."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.errors import SpecError, nearest
from sparring.game import Game, Team
from sparring.training.optimizers import Optimizer, read_state, write_state
from sparring.training.plan import Training
from sparring.training.quick_adam import QuickAdam, has_kernel


class TeamOptimizer:
    """Steps one team: gradient clipping, optimizer, projections; `quick` skips PyTorch's hooks where it can."""

    def __init__(self, team: Team, optimizer: Optimizer, clip_gradient: float | None, quick: bool = False) -> None:
        named = team.named_parameters()
        self.team = team
        self.names = list(named)
        self.parameters = list(named.values())
        self.kind = optimizer.state_kind()
        self.optimizer = built = optimizer.build(self.parameters)
        self.clip_gradient = clip_gradient
        self._advance = built.quick_step if quick and isinstance(built, QuickAdam) and has_kernel() else built.step
        self._rates = [group["lr"] for group in self.optimizer.param_groups]

    def step(self, rate: float = 1.0) -> None:
        """Moves the weights along the accumulated gradients, at `rate` times the learning rate, and drops these."""
        if self.clip_gradient is not None:
            torch.nn.utils.clip_grad_norm_(self.parameters, self.clip_gradient)
        for group, full in zip(self.optimizer.param_groups, self._rates, strict=True):
            group["lr"] = full * rate
        self._advance()
        for parameter in self.parameters:  # a twentieth of `zero_grad`'s time, which shows in small networks
            parameter.grad = None
        for projection in self.team.projections:
            projection(self.parameters)

    def state(self) -> Iterator[tuple[str, Tensor]]:
        """Yields the optimizer's tensors by parameter name."""
        return write_state(self.optimizer, self.names)

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Restores the optimizer state returned by `state()`."""
        read_state(self.optimizer, self.names, tensors)


def build_optimizers(game: Game, training: Training) -> dict[str, TeamOptimizer]:
    """Returns each team's optimizer.

    Raises:
        SpecError: a team without an optimizer, an optimizer or an average of no team, or an optimizer that does not
            finish its step in the moves that the order gives its team.
    """
    names = [team.name for team in game.teams]
    for section, by_team in (("optimizers", training.optimizers), ("averages", training.averages)):
        for name in by_team:
            if name not in names:
                raise SpecError(f"training.{section}.{name}: {game.spec.kind()} has no such team{nearest(name, names)}")
    for name in names:
        if name not in training.optimizers:
            raise SpecError(f"training.optimizers: the team {name!r} needs an optimizer")
        _check_moves(game, name, training.optimizers[name])
    return {
        team.name: TeamOptimizer(team, training.optimizers[team.name], training.clip_gradient, training.recorded)
        for team in game.teams
    }


def _check_moves(game: Game, name: str, optimizer: Optimizer) -> None:
    moves = sum(turn.count(name) for turn in game.spec.turns())
    if moves % optimizer.moves:
        at_once = f"[{', '.join(team.name for team in game.teams)}]"
        raise SpecError(
            f"training.optimizers.{name}: {optimizer.kind()} needs a multiple of {optimizer.moves} moves a step, but "
            f"game.order gives the team {moves}; let all teams move at once, {optimizer.moves} times a step: "
            f"'order=[{', '.join([at_once] * optimizer.moves)}]'"
        )


@dataclass(frozen=True)
class Move:
    """One optimizer step of one team: the `place`-th of its step, in the team's `round`-th turn."""

    place: int
    round: int
    optimizer: TeamOptimizer


def list_turns(game: Game, optimizers: Mapping[str, TeamOptimizer]) -> list[list[Move]]:
    """Returns the moves of one step in the game's order, those of one turn together."""
    turns, before = list[list[Move]](), list[str]()
    for names in game.spec.turns():
        turns.append([])
        for name in names:
            turns[-1].append(Move(len(before), before.count(name), optimizers[name]))
            before.append(name)
    return turns
