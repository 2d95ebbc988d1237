"""Latent spaces of a generator: Z, which the prior draws from, and W and W+, where a style network has its styles."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from sparring.errors import ShapeError, SpecError, nearest
from sparring.game import Game
from sparring.latents.latent import Latents, SpaceName
from sparring.latents.latent_statistics import Region, spread
from sparring.network import ConditionLike, Network, Shape
from sparring.network.style_based import LayerNoise, StyleNetwork

BATCH = 32
"""How many images are made at once."""

_SURVEYED, _STARTS = 10_000, 64


class Space(ABC):
    """A latent space of a game's generator: how points of it are drawn, and the images of points.

    `shape` is that of a point. In a `spherical` space one interpolates along arcs.
    """

    name: SpaceName
    shape: Shape
    spherical = False

    def __init__(self, game: Game) -> None:
        self.game = game

    @property
    def generator(self) -> Network:
        """The network that makes the images; raises `SpecError` where the game has none called so."""
        found = _players(self.game).get("generator")
        if not isinstance(found, Network):
            raise SpecError(f"{self.game.spec.kind()} has no player called generator; choose a game that has one")
        return found

    def draw(self, count: int, seed: int, condition: ConditionLike = None) -> Latents:
        """Returns `count` latents that depend on `seed` alone, those of the samples that `spar sample` draws with it.

        A `condition` says what images are of, one for all or one for each; None draws it too, evenly.
        """
        random = torch.Generator(self.game.device).manual_seed(seed)
        told = self.game.condition.as_tensor(condition, count, self.game.device)
        points, conditions = [], []
        for start in range(0, count, 128):  # as `Game.stream_samples` has them
            size = min(128, count - start)
            points.append(self.game.draw_latents(size, random))
            drawn = self.game.condition.draw(size, random) if told is None else told[start : start + size]
            conditions += [] if drawn is None else [drawn]
        return self.place(Latents("z", torch.cat(points), torch.cat(conditions) if conditions else None))

    @abstractmethod
    def place(self, latents: Latents) -> Latents:
        """Returns `latents` of Z, or of a space that lies in this one, as latents of this space; raises `SpecError`."""

    @abstractmethod
    def images(self, latents: Latents) -> Tensor:
        """Returns the images [N, *sample] of latents of this space, about [-1, 1], differentiable by all of them."""

    def constant_noise(self) -> list[Tensor]:
        """Returns the network's own noise, [1, 1, H, W] for each layer that takes any."""
        return []

    def survey(self, seed: int, condition: ConditionLike = None) -> Region:
        """Returns where 10,000 latents lie; in Z a search starts at some of them, and keeps to their box and shell."""
        points = self.draw(_SURVEYED, seed, condition).points
        lengths = points.norm(dim=1)
        shell = (float(lengths.min()), float(lengths.max())) if self.spherical else None
        starts, box = self.draw(_STARTS, seed, condition), (points.amin(0), points.amax(0))
        return Region(starts, spread(points), box, shell)

    def render(self, latents: Latents) -> Tensor:
        """Returns the images [N, *sample] in [-1, 1] of latents of this space, in evaluation mode, without gradients.

        Raises:
            ShapeError: the latents are not those of this generator.
            SpecError: they have no condition, or not one that the game knows.
        """
        self.check(latents)
        latents = latents.to(self.game.device)
        with self.game.evaluating():
            made = [self.images(latents[start : start + BATCH]) for start in range(0, len(latents), BATCH)]
        return torch.cat(made).clamp(-1, 1)

    def check(self, latents: Latents) -> None:
        """Raises `ShapeError` or `SpecError` unless `latents` could be this space's."""
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
            raise SpecError("latents: the model is conditional, and they do not say what their images are of")


class InputSpace(Space):
    """Z of any game that draws latents and renders them."""

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
    """Z of a style network; what its layers add as noise may be given, and images are not clamped."""

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
        """Returns the images of `ws` [N, styles, width] with `noise`, or with the network's own where there is none."""
        return self.network.synthesize(ws, noise or self.network.constant_noise())

    def constant_noise(self) -> list[Tensor]:
        return self.network.constant_noise()


class W(StyledSpace):
    """The intermediate latents of a style network, one for all layers."""

    name: SpaceName = "w"

    def __init__(self, game: Game, network: StyleNetwork) -> None:
        super().__init__(game, network)
        self.shape, self.spherical = (network.width,), False

    def place(self, latents: Latents) -> Latents:
        if latents.space == "z":
            with self.game.evaluating():
                return Latents("w", self.network.mapping(latents.points, latents.condition), noise=latents.noise)
        if latents.space != "w":
            raise SpecError(f"latents: got some of {latents.space}, which are not in W; work in w+")
        return latents

    def images(self, latents: Latents) -> Tensor:
        return self.synthesize(self.network.broadcast(latents.points), latents.noise)

    def survey(self, seed: int, condition: ConditionLike = None) -> Region:
        """Returns the mean of 10,000 latents, where a search starts, and their deviation; there is no bound."""
        latents = W(self.game, self.network).draw(_SURVEYED, seed, condition)
        mean = Latents("w", latents.points.mean(0, keepdim=True))
        return Region(self.place(mean), spread(latents.points))


class WPlus(W):
    """A latent for each layer of a style network (Abdal et al. 2019)."""

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
            f"space: {type(network or game).__name__} has only z; w, w+ and a mean latent are those of style networks, "
            "such as StyleGAN2Generator"
        )
    raise SpecError(f"space: got {name!r}, which is none{nearest(name, ('z', 'w', 'w+'))}")


def find_styles(game: Game) -> WPlus:
    """Returns the space W+ of the game's generator; raises `SpecError` where it is no style network."""
    space = find_space(game, "w+")
    assert isinstance(space, WPlus)
    return space


def _players(game: Game) -> dict[str, nn.Module]:
    return {name: player for team in game.teams for name, player in team.players.items()}


def _in_z(latents: Latents) -> Latents:
    if latents.space != "z":
        raise SpecError(f"latents: got some of {latents.space}, which have no known z; work in {latents.space}")
    return latents
