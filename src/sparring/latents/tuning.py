"""Pivotal tuning: fine-tuning the generator to reproduce images exactly at their projected latents."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace

import torch
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Tensor

from sparring.game import Game
from sparring.latents.functional_adam import FunctionalAdam
from sparring.latents.latent import Latents
from sparring.latents.latent_statistics import Fraction
from sparring.latents.perceptual_distance import Distance
from sparring.latents.spaces import find_space
from sparring.spec import Spec


class Tuning(Spec):
    """The settings of pivotal tuning (Roich et al. 2022); steps and learning rate are the paper's.

    `locality_weight` is the weight of the change of images near the pivots (eq. 6), at the fraction `locality` of the
    way from a pivot to a random latent. The paper uses a length of 30 there, whose meaning depends on the network.
    """

    steps: PositiveInt = 350
    learning_rate: PositiveFloat = 3e-4
    locality_weight: NonNegativeFloat = 0.1
    locality: Fraction = 0.5


class PivotalTuning:
    """Trains the generator in a copy of the game to render the images `target` [N, *sample] from the `pivots`.

    The pivots and their noise are fixed; a penalty keeps images of other latents. Randomness depends on `seed` and the
    step alone.
    """

    def __init__(
        self, game: Game, pivots: Latents, target: Tensor, distance: Distance, tuning: Tuning, seed: int = 0
    ) -> None:
        self.pivots, self.target, self.distance = pivots.to(game.device), target.to(game.device), distance
        self.tuning, self.seed = tuning, seed
        self.game = deepcopy(game)
        self._before, self._space = find_space(game, pivots.space), find_space(self.game, pivots.space)
        self._space.check(pivots)
        parameters = self._space.generator.named_parameters()
        self.adam = FunctionalAdam({name: weight.requires_grad_(True) for name, weight in parameters})

    @property
    def done(self) -> bool:
        """Whether all steps are done."""
        return self.adam.steps >= self.tuning.steps

    def step(self) -> Tensor:
        """Makes a step and returns the distances [N] of the pivots' images to their targets before it."""
        with self._space.game.evaluating(), torch.enable_grad():
            distance = self.distance(self._space.images(self.pivots), self.target)
            loss = distance.sum()
            if self.tuning.locality_weight:
                loss = loss + self.tuning.locality_weight * self._change().sum()
            self.adam.step(loss, self.tuning.learning_rate)
        return distance.detach()

    def state(self) -> dict[str, Tensor]:
        """Returns the state of the tuning, without the arguments that it was built from."""
        return self.adam.state()

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Restores what `state()` of a tuning with the same arguments returned."""
        self.adam.restore(state)

    def _change(self) -> Tensor:
        """Returns the distances [N] of images near the pivots to those before tuning (eq. 6)."""
        seed = self.seed * (self.tuning.steps + 1) + self.adam.steps
        others = self._before.draw(len(self.pivots), seed).points
        near = replace(self.pivots, points=torch.lerp(self.pivots.points, others, self.tuning.locality))
        with torch.no_grad():
            before = self._before.images(near)
        return self.distance(self._space.images(near), before)
