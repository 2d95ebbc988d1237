"""A trained model, loaded from a checkpoint: sampling, rendering, encoding, translation."""

from dataclasses import dataclass
from functools import partial
from math import lcm
from pathlib import Path
from typing import Literal

from torch import Tensor, nn

from sparring.errors import CheckpointError, ShapeError, SpecError
from sparring.game import Game
from sparring.inference.condition_parser import parse_condition
from sparring.latents import Latents, find_space, find_styles, truncate
from sparring.network import ConditionLike, Network, Shape
from sparring.networks.tiling import tiled
from sparring.recipes.schema import Recipe, build_game
from sparring.tensors.padding import reflect_pad
from sparring.training.checkpointer import restore
from sparring.training.checkpoints import CheckpointFacts, find_checkpoint, read_checkpoint
from sparring.training.precision import find_device

TILE = 1024
"""Pixels a side of the tiles that larger images are translated in: 64 channels of one in float32 take 0.3 GB."""


@dataclass(frozen=True, repr=False)
class Model:
    """A recipe and its trained players, in evaluation mode, averaged where the recipe averages them.

    `classes` are the names of the data's classes, `attributes` those of its numeric labels, and `facts` is the
    checkpoint's description.
    """

    recipe: Recipe
    game: Game
    path: Path
    facts: CheckpointFacts

    def __repr__(self) -> str:
        return f"Model({self.recipe.name}: {self.game.spec.kind()} of {'x'.join(map(str, self.shape))}, {self.path})"

    @property
    def home(self) -> Path:
        """The run's folder, or that of a checkpoint outside a run."""
        return self.path.parent.parent if self.path.parent.name == "checkpoints" else self.path.parent

    @property
    def players(self) -> dict[str, nn.Module]:
        """The networks of the game, by name."""
        return {name: player for team in self.game.teams for name, player in team.players.items()}

    @property
    def generator(self) -> Network:
        """The network that makes samples [N, *shape]: from latents [N, n] (and classes [N]), or from other images.

        Where a game has several such networks or none, it raises `SpecError`, which names the players.
        """
        generator = self.players.get("generator", self.players.get("decoder"))
        if not isinstance(generator, Network):
            raise SpecError(
                f"{self.game.spec.kind()} has no single generator; take one of model.players: {', '.join(self.players)}"
            )
        return generator

    @property
    def shape(self) -> Shape:
        """The shape of one sample, `(C, H, W)` for images."""
        return self.game.sample

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the data's classes; empty where it has none."""
        return self.facts.classes

    @property
    def attributes(self) -> tuple[str, ...]:
        """The names of the data's numeric labels; empty where it has none."""
        return self.facts.attributes

    @property
    def depth(self) -> Literal[8, 16]:
        """Bits per channel of the training images."""
        return self.facts.depth

    def sample(self, count: int, seed: int = 0, condition: ConditionLike | str = None) -> Tensor:
        """Returns `count` samples [count, *shape] in [-1, 1]; the same seed gives the same samples.

        `condition` is a class (name or number), [count] class numbers, weights of classes, or numeric labels, all of
        them or some by name (`"smiling=1"`). None draws classes uniformly, and numbers from the data. Raises
        `SpecError` for any other.
        """
        return self.game.draw_samples(count, seed, self.read_condition(condition, count, seed))

    def draw_latents(
        self,
        count: int,
        seed: int = 0,
        condition: ConditionLike | str = None,
        space: str = "z",
        truncation: float | None = None,
    ) -> Latents:
        """Returns the latents of the samples that `sample` returns, in the `space` z, or in w or w+ of a style network.

        A `truncation` moves them towards the mean latent, see `truncate`; they are of w or w+ then.

        Raises:
            SpecError: no such space, class or mean latent, or a truncation outside [-1, 1].
        """
        latents = find_space(self.game, space).draw(count, seed, self.read_condition(condition, count, seed))
        return latents if truncation is None else truncate(find_styles(self.game), latents, truncation)

    def render(self, latents: Latents) -> Tensor:
        """Returns the samples [N, *shape] in [-1, 1] of `latents`, in whichever space they are.

        Raises:
            SparringError: the latents are another model's.
        """
        try:
            return find_space(self.game, latents.space).render(latents)
        except (ShapeError, SpecError) as error:
            raise type(error)(f"{self.path}: {error}") from None

    def read_condition(self, condition: ConditionLike | str, count: int, seed: int = 0) -> ConditionLike:
        """Returns the condition of `count` samples, text parsed (see `sample`); raises `SpecError` if invalid."""
        if not isinstance(condition, str):
            return condition
        meanings = self.classes or self.attributes
        try:
            return parse_condition(condition, self.game.condition, meanings, count, seed)
        except SpecError as error:
            raise SpecError(f"{self.path}: {error}") from None

    def encode(self, samples: Tensor) -> Tensor:
        """Returns the latents [N, n] of `samples` [N, *shape] in [-1, 1].

        Raises:
            SpecError: the game has no encoder.
            ShapeError: samples of another shape.
        """
        if samples.ndim != len(self.shape) + 1 or samples.shape[1:] != self.shape:
            raise ShapeError(f"got samples {tuple(samples.shape)}; {self.path} encodes [N, *{self.shape}]")
        with self.game.evaluating():
            return self.game.encode(samples.to(self.game.device))

    def reconstruct(self, samples: Tensor) -> Tensor:
        """Returns the reconstructions of `samples` [N, *shape]: encoded, then rendered. Raises as `encode` does."""
        latents = self.encode(samples)
        with self.game.evaluating():
            return self.game.render(latents)

    def translate(self, images: Tensor, direction: str = "a-to-b", tile: int = TILE) -> Tensor:
        """Translates `images` [N, C, H, W] in [-1, 1] from one domain to the other.

        Images larger than `tile` pixels, a multiple of the network's `side_multiple`, are translated in overlapping
        tiles of that side that fade into one another. Sides that a network cannot take are extended by reflection, and
        the result is cropped.

        Raises:
            SpecError: the game does not translate, or not in this direction.
            ShapeError: images of other channels, or too small for the network; an invalid tile.
        """
        channels = self.source_channels(direction)
        if images.ndim != 4 or images.shape[1] != channels:
            raise ShapeError(
                f"got images {tuple(images.shape)}; {self.path} translates [N, {channels}, H, W] {direction}"
            )
        height, width = images.shape[2:]
        multiple = lcm(*(player.side_multiple for player in self.players.values() if isinstance(player, Network)))
        padded, overlap = images.to(self.game.device), tile // 4 // multiple * multiple
        if max(height, width) > tile:  # all tiles have one size, which the network may have been built for
            padded = reflect_pad(padded, height + -height % multiple, width + -width % multiple)
        translate = partial(self.game.translate, direction=direction)
        with self.game.evaluating():
            return tiled(translate, padded, tile, overlap, multiple)[..., :height, :width]

    def source_channels(self, direction: str) -> int:
        """Returns the number of channels of images to translate in `direction`; raises `SpecError` if there is none."""
        self.game.check_direction(direction)
        return (self.game.condition.shape if direction == self.game.directions[0] else self.shape)[0]


def load(path: str | Path, device: str = "auto", *, best: bool = False) -> Model:
    """Returns the model in a checkpoint file, or in the newest (or `best` scored) checkpoint of a run's folder.

    Needs no other file, nor the training data.

    Raises:
        CheckpointError: the file is missing, damaged, foreign, or from a newer version.
        DeviceError: no such device.
    """
    place = find_device(device)
    file = find_checkpoint(Path(path), best)
    checkpoint = read_checkpoint(file)
    try:
        recipe = Recipe.read(checkpoint.facts.recipe)
    except SpecError as error:
        by = checkpoint.facts.sparring
        raise CheckpointError(
            f"{file} was written by sparring {by} with a recipe that this one cannot read: {error}"
        ) from None
    game = build_game(recipe, checkpoint.facts.sample, checkpoint.facts.condition)
    restore(game.state_dict(), {**checkpoint.part("game"), **checkpoint.part("averages")}, file)
    game.to(place).eval().requires_grad_(False)
    return Model(recipe, game, file, checkpoint.facts)
