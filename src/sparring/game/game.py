"""A game: players in teams, the losses that each team minimises on its move, and the order of moves."""

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn

from sparring.direction import ScoreDirection
from sparring.errors import ShapeError, SpecError, nearest
from sparring.game.panels import SampleGrid, ScatterPlot
from sparring.game.stage import Stage
from sparring.game.team import Batch, Freezer, Team
from sparring.network import Condition, ConditionLike, Network, Shape
from sparring.spec import Family


class Game(nn.Module):
    """Players, teams, and what each team minimises; the loop plays any of them.

    A subclass nests `Spec(Game.Spec)`, takes `(spec, sample, condition)`, makes its players
    as attributes and sets `self.teams`.
    """

    class Spec(Family):
        """What a game is built from; `order` names the team of each move of a step.

        Teams in a list within it move at once: all look at the same point before any of them steps.
        `game_metric_directions` and `validation_metric_directions` map each metric returned by `game_metrics()` and
        `validation_metrics()` to its direction. `generates` says whether a player makes samples.
        """

        game: ClassVar[type["Game"]]
        game_metric_directions: ClassVar[Mapping[str, ScoreDirection]] = {}
        validation_metric_directions: ClassVar[Mapping[str, ScoreDirection]] = {}
        generates: ClassVar[bool] = True

        order: tuple[str | tuple[str, ...], ...] = ("discriminator", "generator")

        def turns(self) -> list[tuple[str, ...]]:
            """Returns the order as a list of teams that move at once."""
            return [(turn,) if isinstance(turn, str) else turn for turn in self.order]

        def stages(self, sample: Shape, images: int, batch: int) -> tuple[Stage, ...]:
            """Returns the stages of a run that shows `images`, `batch` a move, and ends with samples of that shape.

            One stage by default; a growing game has several. Each is built for its stage's samples and takes over the
            weights that fit from the stage before.
            """
            return (Stage(sample, 0, images, batch),)

        def build(self, sample: Shape, condition: Condition = Condition()) -> "Game":
            """Returns the game over samples of shape `sample`, checked; raises `ShapeError` or `SpecError`."""
            build = cast(Any, self.game)
            game = cast(Game, build(self, sample, condition))
            game.check()
            return game

    teams: tuple[Team, ...]
    directions: tuple[str, ...] = ()

    def __init__(self, spec: "Game.Spec", sample: Shape, condition: Condition) -> None:
        super().__init__()
        self.spec = spec
        self.sample = sample
        self.condition = condition
        self._freezers: dict[str, Freezer] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "Spec" in vars(cls):
            cls.Spec.game = cls

    def build_player(
        self, name: str, spec: Network.Spec, inputs: Shape, outputs: Shape, condition: Condition | None = None
    ) -> Network:
        """Returns the network of `spec`; an error names the field `game.NAME`.

        Its condition is the game's unless another `condition` is passed.
        """
        try:
            return spec.build(inputs, outputs, self.condition if condition is None else condition)
        except ShapeError as error:
            raise ShapeError(f"game.{name}: {error}") from None

    def on_stage_start(self, stage: Stage) -> None:
        """Prepares for `stage`; called before its first move."""

    def draw(self, count: int, random: torch.Generator, condition: Tensor | None = None) -> Tensor:
        """Returns `count` generated samples [count, *sample] in [-1, 1], a function of `random`.

        `condition` [count] chooses the classes of a conditional game; None samples them evenly.
        """
        raise NotImplementedError

    def draw_latents(self, count: int, random: torch.Generator) -> Tensor:
        """Returns `count` latents [count, n] sampled from the prior."""
        raise NotImplementedError

    def render(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns the samples [N, *sample] in [-1, 1] of `latents` [N, n] and, in a conditional game, classes [N]."""
        raise NotImplementedError

    def encode(self, samples: Tensor) -> Tensor:
        """Returns the latents [N, n] of `samples` [N, *sample]; the caller is in `evaluating`.

        Raises:
            SpecError: the game has no encoder.
        """
        raise SpecError(f"{self.spec.kind()} has no encoder; train a game that has one: {_kinds_with('encode')}")

    def translate(self, images: Tensor, direction: str) -> Tensor:
        """Returns `images` [N, C, H, W] of one domain in the other; the caller is in `evaluating`.

        `direction` is one of `directions`, which is empty where a game has only one domain.

        Raises:
            SpecError: the game does not translate, or not so.
        """
        self.check_direction(direction)
        raise NotImplementedError

    def check_direction(self, direction: str) -> None:
        """Raises `SpecError` unless the game translates images in that direction."""
        kind = self.spec.kind()
        if not self.directions:
            raise SpecError(f"{kind} does not translate images; train a game that does: {_kinds_with('translate')}")
        if direction not in self.directions:
            raise SpecError(f"direction: {kind} does not translate {direction!r}{nearest(direction, self.directions)}")

    @property
    def spherical(self) -> bool:
        """Whether latents are interpolated on a sphere, where a Gaussian keeps its mass, instead of on a line."""
        raise NotImplementedError

    def discriminator_score(self, samples: Tensor) -> Tensor | None:
        """Returns scores [N, 1] of `samples` [N, *sample], for pictures; None where the game has none to show."""
        return None

    def sample_grids(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, SampleGrid]:
        """Returns further grids of samples by name: traversals, reconstructions, ….

        `real` [M, *sample] and `condition` [M] are always the same few samples of the data, all classes among them.
        The caller is in `evaluating`.
        """
        return {}

    def scatter_plots(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, ScatterPlot]:
        """Returns scatter plots by name, such as embeddings by class; the arguments are those of `sample_grids`."""
        return {}

    def game_metrics(self, seed: int) -> Mapping[str, float]:
        """Returns metrics that only the game itself can measure, by name, such as the return of a policy.

        The caller is in `evaluating`.
        """
        return {}

    def validation_metrics(self, real: Tensor, condition: Tensor | None) -> Mapping[str, float]:
        """Returns metrics on held-out samples [N, *sample], by name, such as an accuracy.

        The caller is in `evaluating`.
        """
        return {}

    def capture_key(self, batch: Batch) -> Hashable | None:
        """Returns what the operations of a move depend on, apart from the tensors of `batch` and the weights.

        Moves of one team with equal keys run the same operations on other numbers: a captured graph of one replays all.
        None, the default, promises nothing: such a game is never captured.
        """
        return None

    def needs_double_backward(self, team: str, step: int) -> bool:
        """Whether a move of that team at `step` differentiates gradients and must not be compiled.

        True, the default, is always safe.
        """
        return True

    @property
    def device(self) -> torch.device:
        """The device that the players are on."""
        return next(self.parameters()).device

    def draw_samples(self, count: int, seed: int, condition: ConditionLike = None, batch: int = 128) -> Tensor:
        """Returns `count` samples [count, *sample] in [-1, 1] that depend on `seed` alone (on one kind of device).

        They are generated in evaluation mode and without gradients, and leave the players as they were.

        A `condition` of classes 0, 1, …, one or [count], or of numbers [D] or [count, D], conditions the samples; None
        samples classes evenly.

        Raises:
            SpecError: any other condition.
        """
        batches = list(self.stream_samples(count, seed, condition, batch))
        return torch.cat(batches) if batches else torch.empty(0, *self.sample, device=self.device)

    def stream_samples(
        self, count: int, seed: int, condition: ConditionLike = None, batch: int = 128
    ) -> Iterator[Tensor]:
        """Yields the samples of `draw_samples`, a batch at a time."""
        random = torch.Generator(self.device).manual_seed(seed)
        conditions = self.condition.as_tensor(condition, count, self.device)
        for start in range(0, count, batch):
            part = None if conditions is None else conditions[start : start + batch]
            with self.evaluating():
                samples = self.draw(min(batch, count - start), random, part)
            yield samples

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """Runs the block without gradients and in evaluation mode, and restores the mode of every player."""
        training = [module for module in self.modules() if module.training]
        for module in training:
            module.training = False
        try:
            with torch.no_grad():
                yield
        finally:
            for module in training:
                module.training = True

    def count_parameters(self) -> dict[str, int]:
        """Returns the number of weights of each player."""
        players = {name: player for team in self.teams for name, player in team.players.items()}
        return {name: sum(weight.numel() for weight in player.parameters()) for name, player in players.items()}

    def check(self) -> None:
        """Raises `SpecError` unless the order names this game's teams and every weight that learns has exactly one."""
        names = [team.name for team in self.teams]
        ordered = [name for turn in self.spec.turns() for name in turn]
        for turn in self.spec.turns():
            if twice := sorted({name for name in turn if turn.count(name) > 1}):
                raise SpecError(f"game.order: {', '.join(twice)} moves twice at once; give it another turn")
        for name in ordered:
            if name not in names:
                raise SpecError(f"game.order: {name!r} is not a team of {self.spec.kind()}{nearest(name, names)}")
        if absent := set(names) - set(ordered):
            raise SpecError(f"game.order: {', '.join(sorted(absent))} never moves; name every team at least once")
        owners: dict[int, list[str]] = {id(parameter): [] for parameter in self.parameters()}
        for team in self.teams:
            for path, parameter in team.named_parameters().items():
                if id(parameter) not in owners:
                    raise SpecError(f"{path} of team {team.name} is not in the game: make its player an attribute")
                owners[id(parameter)].append(team.name)
        for path, parameter in self.named_parameters():
            if len(owners[id(parameter)]) != 1 and (parameter.requires_grad or owners[id(parameter)]):
                teams = ", ".join(owners[id(parameter)]) or "no team"
                raise SpecError(f"{path} belongs to {teams}; every parameter must belong to exactly one team")

    @contextmanager
    def to_move(self, team: Team) -> Iterator[None]:
        """Freezes every player outside `team`: no gradients to it, and no change to it, while it still trains.

        A frozen batch normalization goes on using the statistics of its batch (as Radford et al. 2016
        train) but leaves its running ones alone; a frozen spectral norm keeps its singular vectors.
        """
        if team.name not in self._freezers:
            others = [player for other in self.teams if other is not team for player in other.players.values()]
            self._freezers[team.name] = Freezer(others)
        with self._freezers[team.name].frozen():
            yield


def _kinds_with(method: str) -> str:
    """Returns the kinds of games that override `method`, with commas between; without those that play another game."""
    members = cast(Mapping[str, type[Game.Spec]], Game.Spec.members)
    own = {kind: spec for kind, spec in members.items() if "of" not in spec.model_fields}
    return ", ".join(sorted(kind for kind, spec in own.items() if getattr(spec.game, method) != getattr(Game, method)))
