"""Batches, and teams of players with the losses that each minimises on its move; freezing of the others."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import ParametrizationList

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


@dataclass(frozen=True)
class GeneratedBatch:
    """Generated samples [N, ...] with their `latents` [N, n]; `generate` maps the ones to the others.

    `condition` [N] is the generator's, None without one.
    """

    samples: Tensor
    latents: Tensor
    generate: Callable[[Tensor], Tensor]
    condition: Tensor | None = None

    @classmethod
    def from_latents(
        cls, generate: Callable[[Tensor], Tensor], latents: Tensor, condition: Tensor | None = None
    ) -> "GeneratedBatch":
        """Returns the samples that `generate` makes from `latents`."""
        return cls(generate(latents), latents, generate, condition)


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


class Freezer:
    """Players that do not move, and what of them could change, looked up once: a step of a toy world takes 3 ms."""

    def __init__(self, players: Iterable[nn.Module]) -> None:
        modules = [module for player in players for module in player.modules()]
        self.weights = [weight for module in modules for weight in module.parameters(recurse=False)]
        self.tracking = [module for module in modules if hasattr(module, "track_running_stats")]
        self.reparametrized = [part for module in modules if isinstance(module, ParametrizationList) for part in module]

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Freezes inside the block what was not frozen already, and sets it free again."""
        weights = [weight for weight in self.weights if weight.requires_grad]
        tracking: list[Any] = [module for module in self.tracking if module.training and module.track_running_stats]
        reparametrized = [part for part in self.reparametrized if part.training]
        try:
            _free(weights, tracking, reparametrized, False)
            yield
        finally:
            _free(weights, tracking, reparametrized, True)


def _free(weights: list[nn.Parameter], tracking: list[Any], reparametrized: list[nn.Module], free: bool) -> None:
    for weight in weights:
        weight.requires_grad_(free)
    for module in tracking:
        module.track_running_stats = free
    for module in reparametrized:
        module.training = free
