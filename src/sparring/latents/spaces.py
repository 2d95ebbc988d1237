"""Latent spaces of a generator: Z, the space of the prior, and W and W+, the spaces of styles in a style network."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from sparring.errors import ShapeError, SpecError, nearest
from sparring.game import Game
from sparring.latents.latent import Latents, SpaceName
from sparring.latents.latent_statistics import LatentStatistics, rms_deviation
from sparring.network import ConditionLike, Network, Shape
from sparring.network.style_based import LayerNoise, StyleNetwork

BATCH = 32
"""The number of images rendered at once."""

_SAMPLES, _STARTS = 10_000, 64


class Space(ABC):
    """A latent space of a game's generator: samples points and renders their images.

    `shape` is the shape of a point. In a `spherical` space interpolations are arcs.
    """

    name: SpaceName
    shape: Shape
    spherical = False

    def __init__(self, game: Game) -> None:
        self.game = game

    @property
    def generator(self) -> Network:
        """The game's player `generator`; raises `SpecError` if there is none."""
        generator = _players(self.game).get("generator")
        if not isinstance(generator, Network):
            raise SpecError(f"{self.game.spec.kind()} has no player called generator; choose a game that has one")
        return generator

    def draw(self, count: int, seed: int, condition: ConditionLike = None) -> Latents:
        """Returns `count` latents that depend on `seed` alone, the same as those of `spar sample` with this seed.

        `condition` is one for all or one for each; None samples it too.
        """
        random = torch.Generator(self.game.device).manual_seed(seed)
        fixed = self.game.condition.as_tensor(condition, count, self.game.device)
        points, conditions = [], []
        for start in range(0, count, 128):  # the batches of `Game.stream_samples`
            size = min(128, count - start)
            points.append(self.game.draw_latents(size, random))
            part = self.game.condition.draw(size, random) if fixed is None else fixed[start : start + size]
            conditions += [] if part is None else [part]
        return self.place(Latents("z", torch.cat(points), torch.cat(conditions) if conditions else None))

    @abstractmethod
    def place(self, latents: Latents) -> Latents:
        """Returns `latents` of Z or of a subspace as latents of this space; raises `SpecError` for others."""

    @abstractmethod
    def images(self, latents: Latents) -> Tensor:
        """Returns the images [N, *sample] of latents of this space, about [-1, 1], differentiable."""

    def constant_noise(self) -> list[Tensor]:
        """Returns the network's fixed noise, [1, 1, H, W] for each layer that takes it."""
        return []

    def statistics(self, seed: int, condition: ConditionLike = None) -> LatentStatistics:
        """Returns the statistics of 10,000 latents, whose box and shell bound a search, and some of them as starts."""
        points = self.draw(_SAMPLES, seed, condition).points
        lengths = points.norm(dim=1)
        shell = (float(lengths.min()), float(lengths.max())) if self.spherical else None
        starts, box = self.draw(_STARTS, seed, condition), (points.amin(0), points.amax(0))
        return LatentStatistics(starts, rms_deviation(points), box, shell)

    def render(self, latents: Latents) -> Tensor:
        """Returns the images [N, *sample] in [-1, 1] of latents of this space, in evaluation mode, without gradients.

        Raises:
            ShapeError: the latents do not fit this generator.
            SpecError: they have no condition, or an impossible one.
        """
        self.check(latents)
        latents = latents.to(self.game.device)
        with self.game.evaluating():
            images = [self.images(latents[start : start + BATCH]) for start in range(0, len(latents), BATCH)]
        return torch.cat(images).clamp(-1, 1)

    def check(self, latents: Latents) -> None:
        """Raises `ShapeError` or `SpecError` unless `latents` fit this space."""
        shape, noise = tuple(latents.points.shape), self.constant_noise()
        if latents.space != self.name or shape[1:] != self.shape or not shape[0]:
            needed = ", ".join(map(str, ("N", *self.shape)))
            raise ShapeError(f"latents: got {latents.space} {list(shape)}; this model's {self.name} are [{needed}]")
        if latents.noise and [part.shape[1:] for part in latents.noise] != [part.shape[1:] for part in noise]:
            raise ShapeError(
                f"latents: got noise of {len(latents.noise)} layers; this model has {len(noise)} of its own sizes"
            )
        if self.name != "z":
            return
        self.game.condition.as_tensor(latents.condition, len(latents), self.game.device)
        if self.game.condition and latents.condition is None:
            raise SpecError("latents: the model is conditional, and they have no condition; draw them from this model")


class InputSpace(Space):
    """Z of any game with `draw_latents` and `render`."""

    name = "z"

    def __init__(self, game: Game) -> None:
        super().__init__(game)
        try:
            self.shape = tuple(game.draw_latents(1, torch.Generator(game.device)).shape[1:])
            self.spherical = game.spherical
        except NotImplementedError:
            raise SpecError(f"{game.spec.kind()} has no latent space; choose a game whose generator has one") from None

    def place(self, latents: Latents) -> Latents:
        return _in_z(latents)

    def images(self, latents: Latents) -> Tensor:
        return self.game.render(latents.points, latents.condition)


class StyledSpace(Space):
    """Z of a style network, with optional noise for its layers; images are not clamped."""

    name: SpaceName = "z"

    def __init__(self, game: Game, network: StyleNetwork) -> None:
        super().__init__(game)
        self.network = network
        self.shape = tuple(game.draw_latents(1, torch.Generator(game.device)).shape[1:])
        self.spherical = game.spherical

    def place(self, latents: Latents) -> Latents:
        return _in_z(latents)

    def images(self, latents: Latents) -> Tensor:
        ws = self.network.broadcast(self.network.mapping(latents.points, latents.condition))
        return self.synthesize(ws, latents.noise)

    def synthesize(self, ws: Tensor, noise: LayerNoise) -> Tensor:
        """Returns the images of `ws` [N, styles, width] with `noise`, or with the network's own if it is empty."""
        return self.network.synthesize(ws, noise or self.network.constant_noise())

    def constant_noise(self) -> list[Tensor]:
        return self.network.constant_noise()


class W(StyledSpace):
    """The space of intermediate latents of a style network, one for all layers."""

    name: SpaceName = "w"

    def __init__(self, game: Game, network: StyleNetwork) -> None:
        super().__init__(game, network)
        self.shape, self.spherical = (network.width,), False

    def place(self, latents: Latents) -> Latents:
        if latents.space == "z":
            with self.game.evaluating():
                return Latents("w", self.network.mapping(latents.points, latents.condition), noise=latents.noise)
        if latents.space != "w":
            raise SpecError(f"latents: got some of {latents.space}, which are not in w; work in w+")
        return latents

    def images(self, latents: Latents) -> Tensor:
        return self.synthesize(self.network.broadcast(latents.points), latents.noise)

    def statistics(self, seed: int, condition: ConditionLike = None) -> LatentStatistics:
        """Returns the mean of 10,000 latents, where a search starts, and their deviation, without bounds."""
        latents = W(self.game, self.network).draw(_SAMPLES, seed, condition)
        mean = Latents("w", latents.points.mean(0, keepdim=True))
        return LatentStatistics(self.place(mean), rms_deviation(latents.points))


class WPlus(W):
    """The space of a latent for each layer of a style network (Abdal et al. 2019)."""

    name = "w+"

    def __init__(self, game: Game, network: StyleNetwork) -> None:
        super().__init__(game, network)
        self.shape = (network.styles, network.width)

    def place(self, latents: Latents) -> Latents:
        if latents.space == "w+":
            return latents
        placed = super().place(latents)
        return Latents("w+", self.network.broadcast(placed.points), noise=placed.noise)

    def images(self, latents: Latents) -> Tensor:
        return self.synthesize(latents.points, latents.noise)


def find_space(game: Game, name: str) -> Space:
    """Returns the latent space `name` of the game's generator: z, or w and w+ of a style network.

    Raises:
        SpecError: there is no such space, or the generator has none.
    """
    network = _players(game).get("generator")
    if isinstance(network, StyleNetwork):
        styled = {"z": StyledSpace, "w": W, "w+": WPlus}
        if name in styled:
            return styled[name](game, network)
    elif name == "z":
        return InputSpace(game)
    elif name in ("w", "w+"):
        raise SpecError(
            f"space: {type(network or game).__name__} has only z; w, w+ and a mean latent need a style network as "
            "the generator"
        )
    raise SpecError(f"space: got {name!r}, which is none{nearest(name, ('z', 'w', 'w+'))}")


def find_styles(game: Game) -> WPlus:
    """Returns the space W+ of the game's generator; raises `SpecError` if it is no style network."""
    space = find_space(game, "w+")
    assert isinstance(space, WPlus)
    return space


def _players(game: Game) -> dict[str, nn.Module]:
    return {name: player for team in game.teams for name, player in team.players.items()}


def _in_z(latents: Latents) -> Latents:
    if latents.space != "z":
        raise SpecError(f"latents: got some of {latents.space}, which have no z; work in {latents.space}")
    return latents
