"""Exponential moving averages of players' weights."""

import copy
from collections.abc import Mapping
from typing import Annotated, Any

import torch
from pydantic import Field
from torch import Tensor

from sparring.game import Game
from sparring.spec import Count, Spec


class Average(Spec):
    """After `half_life` images a weight's share in the average has halved.

    During warm-up the half-life is at most `warm_up` times the images shown so far, so that the
    first weights are soon forgotten (Karras et al. 2020); 0 means no warm-up.
    """

    half_life: Annotated[Count, Field(gt=0)] = 10_000
    warm_up: Annotated[float, Field(ge=0)] = 0.05

    def keep(self, shown: int, images: int) -> float:
        """Returns the share of the old average that stays after a step that showed `shown` of all `images`.

        >>> Average(half_life=1000, warm_up=0).keep(1000, 5000)
        0.5
        """
        half_life = min(self.half_life, images * self.warm_up) if self.warm_up else self.half_life
        return float(0.5 ** (shown / half_life))


class Averages:
    """A second `game` whose players hold averages where `plans` names their team, in evaluation mode.

    Players of other teams are the live ones. Weights and floating-point running statistics are
    averaged; other buffers are copied.
    """

    def __init__(self, game: Game, plans: Mapping[str, Average]) -> None:
        averaged = [team for team in game.teams if team.name in plans]
        kept = {id(player) for team in averaged for player in team.players.values()}
        players = [player for team in game.teams for player in team.players.values()]
        self.game = copy.deepcopy(game, {id(player): player for player in players if id(player) not in kept})
        self._groups: list[tuple[Average, list[Tensor], list[Tensor]]] = []
        self._copied: list[tuple[Tensor, Tensor]] = []
        copies = {team.name: team for team in self.game.teams}
        for team in averaged:
            self._follow(plans[team.name], team.players.values(), copies[team.name].players.values())

    def _follow(self, plan: Average, lives: Any, averages: Any) -> None:
        followed: list[tuple[Tensor, Tensor]] = []
        for live, average in zip(lives, averages, strict=True):
            average.eval().requires_grad_(False)
            followed += zip(average.parameters(), live.parameters(), strict=True)
            for (name, held), given in zip(average.named_buffers(), live.buffers(), strict=True):
                running = name.endswith(("running_mean", "running_var"))
                (followed if running else self._copied).append((held, given))
        self._groups.append((plan, [held for held, _ in followed], [given for _, given in followed]))

    @torch.no_grad()
    def update(self, shown: int, images: int) -> None:
        """Moves the averages towards the live weights after a step that showed `shown` of all `images`."""
        for plan, averages, lives in self._groups:
            torch._foreach_lerp_(averages, lives, 1 - plan.keep(shown, images))
        for held, given in self._copied:
            held.copy_(given)

    def named_tensors(self) -> dict[str, Tensor]:
        """Returns the averaged players' weights and buffers that are saved, by their path in the game."""
        held = {id(tensor) for _, averages, _ in self._groups for tensor in averages}
        held |= {id(tensor) for tensor, _ in self._copied}
        state = self.game.state_dict(keep_vars=True)  # without buffers that are made anew with the network
        return {path: tensor for path, tensor in state.items() if id(tensor) in held}
