"""What is played: batches, and teams of players with the losses that each minimises on its move."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from sparring.spec import Family

Losses = dict[str, Tensor]
"""The named addends, each a scalar with its weight applied, that a team minimises on its move."""


@dataclass(frozen=True)
class Batch:
    """What a move is played on.

    `real` [N, *shape] in [-1, 1]; `condition` [N] or None; `random` draws all that the move draws;
    `observations` collects further scalars for the log (they are never minimised); `images` real ones
    were shown in the steps before. What teams that move at once on the same samples compute for one another,
    without gradients, they leave in `shared`; it may be empty. The move is played on so many `parts`, one after the
    other, of which this is one.
    """

    real: Tensor
    condition: Tensor | None
    step: int
    random: torch.Generator
    observations: Losses = field(default_factory=dict)
    images: int = 0
    shared: dict[str, Tensor] = field(default_factory=dict)
    parts: int = 1

    def observe(self, **values: Tensor) -> None:
        """Notes scalars for the log without waiting for the device."""
        device = self.real.device  # they are read together with the losses
        self.observations.update({name: value.detach().to(device) for name, value in values.items()})


class Projection(Family):
    """What is done to a team's weights after each of its steps, in place and without gradients."""

    def __call__(self, parameters: Sequence[nn.Parameter]) -> None:
        """Projects `parameters` in place."""
        raise NotImplementedError


@dataclass(frozen=True)
class Team:
    """Players that move together: they share an optimizer and minimise the sum of `losses`."""

    name: str
    players: Mapping[str, nn.Module]
    losses: Callable[[Batch], Losses]
    projections: tuple[Projection, ...] = ()

    def parameters(self) -> list[nn.Parameter]:
        """Returns the weights of all the players, in a fixed order."""
        return list(self.named_parameters().values())

    def named_parameters(self) -> dict[str, nn.Parameter]:
        """Returns the weights by `player.path`."""
        return {
            f"{name}.{path}": parameter
            for name, player in self.players.items()
            for path, parameter in player.named_parameters()
        }
