"""A game that plays another one, its players and its moves, by other losses."""

import re
from abc import abstractmethod
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from functools import partial, reduce
from operator import add
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.func import functional_call

from sparring.errors import ShapeError, SpecError
from sparring.game import Batch, Game, Losses, SampleGrid, ScatterPlot, Team
from sparring.game.stage import Stage
from sparring.network import Condition, Shape

Weights = dict[str, Tensor]
"""Weights by their path in the game, for a while in place of those that its players have."""


class Wrapper(Game):
    """Plays the game `of`; a subclass says which teams minimise something else, and in `minimise` what.

    Such losses are made of the wrapped ones, and differentiate them by weights that may be frozen: `rehearse`
    plays a team's losses at copies of its weights, so that no gradient reaches a player that does not move.
    """

    class Spec(Game.Spec):
        """The game that is wrapped; its order is the order."""

        of: Game.Spec
        order: ClassVar[Any] = property(lambda self: self.of.order)  # type: ignore[misc]
        game_metric_directions: ClassVar[Any] = property(lambda self: self.of.game_metric_directions)
        validation_metric_directions: ClassVar[Any] = property(lambda self: self.of.validation_metric_directions)
        generates: ClassVar[Any] = property(lambda self: self.of.generates)

        def stages(self, sample: Shape, images: int, batch: int) -> tuple[Stage, ...]:
            return self.of.stages(sample, images, batch)

        @abstractmethod
        def changes(self, team: str) -> bool:
            """Whether `team` minimises anything but what the wrapped game says; if not, it is left as it is."""

    spec: Spec

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        of = _build(spec.of, sample, condition)
        super().__init__(spec, sample, of.condition)
        self.of = of
        self.directions = of.directions
        self.teams = tuple(self._wrap(team) if spec.changes(team.name) else team for team in of.teams)
        paths = {id(weight): path for path, weight in self.named_parameters()}
        self._learning = {
            team.name: [paths[id(weight)] for weight in team.parameters() if weight.requires_grad] for team in of.teams
        }

    def _wrap(self, team: Team) -> Team:
        return replace(team, losses=partial(self.minimise, team.name))

    def minimise(self, team: str, batch: Batch) -> Losses:
        """Returns what `team`, one of those that the spec changes, minimises."""
        raise NotImplementedError

    def on_stage_start(self, stage: Stage) -> None:
        self.of.on_stage_start(stage)

    def draw(self, count: int, random: torch.Generator, condition: Tensor | None = None) -> Tensor:
        return self.of.draw(count, random, condition)

    def draw_latents(self, count: int, random: torch.Generator) -> Tensor:
        return self.of.draw_latents(count, random)

    def render(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.of.render(latents, condition)

    def encode(self, samples: Tensor) -> Tensor:
        return self.of.encode(samples)

    def translate(self, images: Tensor, direction: str) -> Tensor:
        return self.of.translate(images, direction)

    @property
    def spherical(self) -> bool:
        return self.of.spherical

    def discriminator_score(self, samples: Tensor) -> Tensor | None:
        return self.of.discriminator_score(samples)

    def sample_grids(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, SampleGrid]:
        return self.of.sample_grids(real, condition, seed)

    def scatter_plots(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, ScatterPlot]:
        return self.of.scatter_plots(real, condition, seed)

    def game_metrics(self, seed: int) -> Mapping[str, float]:
        return self.of.game_metrics(seed)

    def validation_metrics(self, real: Tensor, condition: Tensor | None) -> Mapping[str, float]:
        return self.of.validation_metrics(real, condition)

    def capture_key(self, batch: Batch) -> Hashable | None:
        """Returns None: copies of generators and weights are no inputs of a captured graph."""
        return None

    def forward(self, team: str, batch: Batch) -> Losses:
        """Returns the losses of `team` in the wrapped game."""
        return next(one for one in self.of.teams if one.name == team).losses(batch)

    def perform(self, team: str, batch: Batch, weights: Weights | None = None) -> Losses:
        """Returns the wrapped game's losses of `team`, with `weights` in place of its own.

        With those, nothing is shared with teams that play with other ones.
        """
        own = replace(batch, shared={}) if weights else batch
        losses: Losses = functional_call(self, weights or {}, (team, own))
        return losses

    def rehearse(self, team: str, batch: Batch, weights: Weights) -> Tensor:
        """Returns the total of the wrapped game's losses of `team`, played with `weights`, and leaves no trace.

        Statistics and memories are copies, nothing is observed, and the next player gets the same random
        numbers: a rehearsal before a move sees what the move will see.
        """
        memories = {path: buffer.clone() for path, buffer in self.named_buffers()}
        unseen = replace(batch, random=_copy(batch.random), observations={}, shared={})
        device = batch.real.device
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            return total(self.perform(team, unseen, memories | weights))

    def weights_of(self, team: str) -> Weights:
        """Returns the weights by which `team` is differentiated: its own where it moves, copies where it is frozen."""
        held = dict(self.named_parameters())
        return {path: _differentiable(held[path]) for path in self._learning[team]}


def total(losses: Mapping[str, Tensor]) -> Tensor:
    """Returns the sum of `losses`."""
    return reduce(add, losses.values())


def in_float32(batch: Batch) -> torch.autocast:
    """Returns the context of gradients that are differentiated: autocast is off, as it is for gradient penalties."""
    return torch.autocast(batch.real.device.type, enabled=False)


def gradients(loss: Tensor, weights: Iterable[Tensor]) -> tuple[Tensor, ...]:
    """Returns the gradients of `loss` by `weights`, themselves differentiable; zeros by those that it does not see."""
    inputs = list(weights)
    return torch.autograd.grad(loss, inputs, create_graph=True, materialize_grads=True) if inputs else ()


def _differentiable(weight: Tensor) -> Tensor:
    return weight if weight.requires_grad else weight.detach().clone().requires_grad_()


def _copy(random: torch.Generator) -> torch.Generator:
    copied = torch.Generator(random.device)
    copied.set_state(random.get_state())
    return copied


def _build(of: Game.Spec, sample: Shape, condition: Condition) -> Game:
    try:
        return of.build(sample, condition)
    except (ShapeError, SpecError) as error:
        raise type(error)(re.sub(r"^game\.", "game.of.", str(error))) from None
