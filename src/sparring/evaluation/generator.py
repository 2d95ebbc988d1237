"""A game's generator, for metrics that choose latents themselves."""

from dataclasses import replace

import torch
from torch import Tensor

from sparring.errors import MetricError, SpecError
from sparring.game import Game
from sparring.latents import Latents, find_space, find_styles
from sparring.metrics.metric import LatentSpace


class GameGenerator:
    """A game's generator; what it does not support is refused when a metric asks for it."""

    def __init__(self, game: Game) -> None:
        self.game = game

    def space(self, name: str) -> LatentSpace:
        """Returns the latent space `name`: z, or w of a style network; raises `SpecError` if there is none."""
        return GameLatents(self.game, name)

    def generate_transformed(self, transform: Tensor, seed: int, count: int) -> Tensor:
        """Returns images [count, C, H, W] of the latents of `seed`, transformed by `transform` [3, 3].

        Raises:
            SparringError: the generator's input cannot be transformed.
        """
        try:
            styles = find_styles(self.game)
        except SpecError:
            raise MetricError(
                "it is only defined for generators whose input lies in the image plane and can be transformed, such "
                "as the Fourier features of StyleGAN3; this one starts from a latent vector"
            ) from None
        latents = styles.draw(count, seed)
        with self.game.evaluating():
            return styles.network.synthesize_transformed(latents.points, transform.to(self.game.device))


class GameLatents:
    """A latent space of a game's generator: ends of paths in it, and the images of its points.

    Images of style networks are not clamped, as in published path lengths.
    """

    def __init__(self, game: Game, name: str = "z") -> None:
        self.game = game
        self.prior_space = find_space(game, "z")
        self.inner = find_space(game, name)
        self.spherical = self.inner.spherical

    def draw_ends(self, count: int, seed: int) -> tuple[Tensor, Tensor, Tensor | None]:
        """Returns the starts and ends [N, n] of `count` paths, each within a class, and the classes [N], if any.

        In W the latents already contain the class.
        """
        latents = self.prior_space.draw(2 * count, seed)
        if latents.condition is not None:
            first = latents.condition[:count]
            latents = replace(latents, condition=torch.cat((first, first)))
        placed = self.inner.place(latents)
        classes = None if placed.condition is None else placed.condition[:count]
        return placed.points[:count], placed.points[count:], classes

    def generate(self, latents: Tensor, classes: Tensor | None) -> Tensor:
        """Returns the images [N, C, H, W], about [-1, 1], of `latents` [N, n], in evaluation mode."""
        with self.game.evaluating():
            return self.inner.images(Latents(self.inner.name, latents, classes))
