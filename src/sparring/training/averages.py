"""Exponential moving averages of players' weights."""

import copy
from collections.abc import Iterable, Mapping
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn

from sparring.game import Game
from sparring.spec import Count, Spec


class Average(Spec):
    """An average in which a weight's share halves every `half_life` images.

    During warm-up the half-life is at most `warm_up` times the images shown so far, and the
    first weights are soon forgotten (Karras et al. 2020); 0 means no warm-up.
    """

    half_life: Annotated[Count, Field(gt=0)] = 10_000
    warm_up: Annotated[float, Field(ge=0)] = 0.05

    def decay(self, step_images: int, images: int) -> float:
        """Returns the factor of the old average after a step that showed `step_images` of all `images`.

        >>> Average(half_life=1000, warm_up=0).decay(1000, 5000)
        0.5
        """
        half_life = min(self.half_life, images * self.warm_up) if self.warm_up else self.half_life
        return float(0.5 ** (step_images / half_life))


class Averages:
    """A second `game`, in evaluation mode, whose players hold averages where `plans` names their team.

    Players of other teams are the live ones. Weights and floating-point running statistics are
    averaged; other buffers are copied.
    """

    def __init__(self, game: Game, plans: Mapping[str, Average]) -> None:
        averaged = [team for team in game.teams if team.name in plans]
        copied = {id(player) for team in averaged for player in team.players.values()}
        players = [player for team in game.teams for player in team.players.values()]
        self.game = copy.deepcopy(game, {id(player): player for player in players if id(player) not in copied})
        self._groups: list[tuple[Average, list[Tensor], list[Tensor]]] = []
        self._copied: list[tuple[Tensor, Tensor]] = []
        copies = {team.name: team for team in self.game.teams}
        for team in averaged:
            self._follow(plans[team.name], team.players.values(), copies[team.name].players.values())

    def _follow(self, plan: Average, lives: Iterable[nn.Module], averages: Iterable[nn.Module]) -> None:
        followed: list[tuple[Tensor, Tensor]] = []
        for live, average in zip(lives, averages, strict=True):
            average.eval().requires_grad_(False)
            followed += zip(average.parameters(), live.parameters(), strict=True)
            for (name, target), source in zip(average.named_buffers(), live.buffers(), strict=True):
                is_running = name.endswith(("running_mean", "running_var"))
                (followed if is_running else self._copied).append((target, source))
        self._groups.append((plan, [target for target, _ in followed], [source for _, source in followed]))

    @torch.no_grad()
    def update(self, step_images: int, images: int) -> None:
        """Moves the averages towards the live weights after a step that showed `step_images` of all `images`."""
        for plan, averages, lives in self._groups:
            torch._foreach_lerp_(averages, lives, 1 - plan.decay(step_images, images))
        for target, source in self._copied:
            target.copy_(source)

    def named_tensors(self) -> dict[str, Tensor]:
        """Returns the averaged players' weights and buffers that are saved, by their path in the game."""
        targets = {id(tensor) for _, averages, _ in self._groups for tensor in averages}
        targets |= {id(tensor) for tensor, _ in self._copied}
        state = self.game.state_dict(keep_vars=True)  # without buffers that are rebuilt with the network
        return {path: tensor for path, tensor in state.items() if id(tensor) in targets}
