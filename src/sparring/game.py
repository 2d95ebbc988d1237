"""A game: players in teams, the losses that each team minimises on its move, and the order of moves."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import ParametrizationList

from sparring.errors import ShapeError, SpecError, nearest
from sparring.network import Condition, Network, Shape
from sparring.spec import Family

Losses = dict[str, Tensor]
"""The named addends, each a scalar with its weight applied, that a team minimises on its move."""


@dataclass(frozen=True)
class Batch:
    """What a move is played on.

    `real` [N, *shape] in [-1, 1]; `condition` [N] or None; `random` draws all that the move draws;
    `observations` collects further scalars for the log (they are never minimised).
    """

    real: Tensor
    condition: Tensor | None
    step: int
    random: torch.Generator
    observations: Losses = field(default_factory=dict)

    def observe(self, **values: Tensor) -> None:
        """Notes scalars for the log without waiting for the device."""
        self.observations.update({name: value.detach() for name, value in values.items()})


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


class Game(nn.Module):
    """Players, teams, and what each team minimises; the loop plays any of them.

    A subclass nests `Spec(Game.Spec)`, takes `(spec, sample, condition)`, makes its players
    as attributes and sets `self.teams`.
    """

    class Spec(Family):
        """What a game is built from; `order` names the team of each move of a step."""

        game: ClassVar[type["Game"]]

        order: tuple[str, ...] = ("discriminator", "generator")

        def build(self, sample: Shape, condition: Condition = Condition()) -> "Game":
            """Returns the game over samples of shape `sample`, checked; raises `ShapeError` or `SpecError`."""
            build = cast(Any, self.game)
            game = cast(Game, build(self, sample, condition))
            game.check()
            return game

    teams: tuple[Team, ...]

    def __init__(self, spec: "Game.Spec", sample: Shape, condition: Condition) -> None:
        super().__init__()
        self.spec = spec
        self.sample = sample
        self.condition = condition

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "Spec" in vars(cls):
            cls.Spec.game = cls

    def build_player(self, name: str, spec: Network.Spec, inputs: Shape, outputs: Shape) -> Network:
        """Returns the network of `spec`, told the game's condition; an error names the field `game.NAME`."""
        try:
            return spec.build(inputs, outputs, self.condition)
        except ShapeError as error:
            raise ShapeError(f"game.{name}: {error}") from None

    def draw(self, count: int, random: torch.Generator, condition: Tensor | None = None) -> Tensor:
        """Returns `count` generated samples [count, *sample] in [-1, 1], drawn from `random`.

        `condition` [count] chooses the classes of a conditional game; None draws them evenly.
        """
        raise NotImplementedError

    def judge(self, samples: Tensor) -> Tensor | None:
        """Returns scores [N, 1] of `samples` [N, *sample], for pictures; None where the game has none to show."""
        return None

    @property
    def device(self) -> torch.device:
        """The device that the players are on."""
        return next(self.parameters()).device

    def draw_samples(self, count: int, seed: int, condition: Tensor | None = None, batch: int = 256) -> Tensor:
        """Returns `count` samples [count, *sample] in [-1, 1] that depend on `seed` alone.

        They are drawn in evaluation mode and without gradients, and leave the players as they were.

        A `condition` [count] of classes 0, 1, … tells a conditional game what to draw.
        """
        random = torch.Generator(self.device).manual_seed(seed)
        training = [module for module in self.modules() if module.training]
        for module in training:
            module.training = False
        told = None if condition is None else condition.to(self.device)
        starts = range(0, count, batch)
        try:
            with torch.no_grad():
                drawn = [
                    self.draw(min(batch, count - start), random, None if told is None else told[start : start + batch])
                    for start in starts
                ]
        finally:
            for module in training:
                module.training = True
        return torch.cat(drawn) if drawn else torch.empty(0, *self.sample, device=self.device)

    def check(self) -> None:
        """Raises `SpecError` unless the order names this game's teams and every weight has exactly one team."""
        names = [team.name for team in self.teams]
        for name in self.spec.order:
            if name not in names:
                raise SpecError(f"game.order: {name!r} is not a team of {self.spec.kind()}{nearest(name, names)}")
        if absent := set(names) - set(self.spec.order):
            raise SpecError(f"game.order: {', '.join(sorted(absent))} never moves; name every team at least once")
        owners: dict[int, list[str]] = {id(parameter): [] for parameter in self.parameters()}
        for team in self.teams:
            for parameter in team.parameters():
                owners.setdefault(id(parameter), []).append(team.name)
        for path, parameter in self.named_parameters():
            if len(owners[id(parameter)]) != 1:
                teams = ", ".join(owners[id(parameter)]) or "no team"
                raise SpecError(f"{path} belongs to {teams}; every parameter must belong to exactly one team")

    @contextmanager
    def to_move(self, team: Team) -> Iterator[None]:
        """Freezes every player outside `team`: no gradients to it, and no change to it, while it still trains.

        A frozen batch normalization goes on using the statistics of its batch (as Radford et al. 2016
        train) but leaves its running ones alone; a frozen spectral norm keeps its singular vectors.
        """
        others = [player for other in self.teams if other is not team for player in other.players.values()]
        parameters = [parameter for player in others for parameter in player.parameters() if parameter.requires_grad]
        modules = [module for player in others for module in player.modules() if module.training]
        normalized = [m for m in modules if isinstance(m, _BATCH_NORMALIZATIONS) and m.track_running_stats]
        reparametrized = [part for m in modules if isinstance(m, ParametrizationList) for part in m if part.training]
        _set(parameters, normalized, reparametrized, moving=False)
        try:
            yield
        finally:
            _set(parameters, normalized, reparametrized, moving=True)


_BATCH_NORMALIZATIONS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)


def _set(
    parameters: Iterable[nn.Parameter], normalized: Iterable[Any], reparametrized: Iterable[nn.Module], moving: bool
) -> None:
    for parameter in parameters:
        parameter.requires_grad_(moving)
    for module in normalized:
        module.track_running_stats = moving
    for module in reparametrized:
        module.training = moving
