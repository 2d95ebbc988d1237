"""A game's generator, for metrics that choose the latents themselves or ask for more than samples."""

from dataclasses import replace

import torch
from torch import Tensor

from sparring.errors import MetricError, SpecError
from sparring.game import Game
from sparring.latents import Latents, find_space, find_styles
from sparring.metrics.metric import LatentSpace


class GameGenerator:
    """The generator of a game; what a metric asks of it and it has not is refused then, in a sentence."""

    def __init__(self, game: Game) -> None:
        self.game = game

    def space(self, name: str) -> LatentSpace:
        """Returns the latent space `name`: z, or w of a style network; raises `SpecError` where there is none."""
        return GameLatents(self.game, name)

    def moved(self, transform: Tensor, seed: int, count: int) -> Tensor:
        """Returns images [count, C, H, W] of the latents that `seed` draws, moved by `transform` [3, 3].

        Raises:
            SparringError: the generator cannot move what it draws.
        """
        try:
            styles = find_styles(self.game)
        except SpecError:
            raise MetricError(
                "it can only be told of generators whose input lies in the plane of the image and can be moved, such "
                "as the Fourier features of StyleGAN3; this one begins with a latent vector"
            ) from None
        drawn = styles.draw(count, seed)
        with self.game.evaluating():
            return styles.network.synthesize_transformed(drawn.points, transform.to(self.game.device))


class GameLatents:
    """A latent space of a game's generator: ends of paths in it, and the images of its points.

    Images of style networks are not clamped, as published path lengths have them.
    """

    def __init__(self, game: Game, name: str = "z") -> None:
        self.game = game
        self.drawn = find_space(game, "z")
        self.inner = find_space(game, name)
        self.spherical = self.inner.spherical

    def draw_ends(self, count: int, seed: int) -> tuple[Tensor, Tensor, Tensor | None]:
        """Returns the starts and ends [N, n] of `count` paths, each of one class, and classes [N] if they matter.

        In W the class is part of the place.
        """
        latents = self.drawn.draw(2 * count, seed)
        if latents.condition is not None:
            first = latents.condition[:count]
            latents = replace(latents, condition=torch.cat((first, first)))
        placed = self.inner.place(latents)
        told = None if placed.condition is None else placed.condition[:count]
        return placed.points[:count], placed.points[count:], told

    def generate(self, latents: Tensor, classes: Tensor | None) -> Tensor:
        """Returns the images [N, C, H, W], about [-1, 1], of `latents` [N, n], in evaluation mode."""
        with self.game.evaluating():
            return self.inner.images(Latents(self.inner.name, latents, classes))
