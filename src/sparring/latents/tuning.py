"""Pivotal tuning: the generator bent a little, until a latent that is found gives the very image."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace

import torch
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Tensor

from sparring.game import Game
from sparring.latents.functional_adam import Descent
from sparring.latents.latent import Latents
from sparring.latents.latent_statistics import Share
from sparring.latents.perceptual_distance import Distance
from sparring.latents.spaces import find_space
from sparring.spec import Spec


class Tuning(Spec):
    """How the generator is bent (Roich et al. 2022); steps and learning rate are the paper's.

    `locality_weight` is that of keeping the images near the pivots as they were (eq. 6), at `locality` of the way from
    a pivot to a random latent. The paper goes a length of 30 there, which means something else in every network.
    """

    steps: PositiveInt = 350
    learning_rate: PositiveFloat = 3e-4
    locality_weight: NonNegativeFloat = 0.1
    locality: Share = 0.5


class PivotalTuning:
    """A copy of the game, whose generator learns to make the images `target` [N, *sample] of the `pivots`.

    The pivots and their noise stay as they are; what the generator makes of other latents shall stay, too. Everything
    random depends on `seed` and the step.
    """

    def __init__(
        self, game: Game, pivots: Latents, target: Tensor, distance: Distance, tuning: Tuning, seed: int = 0
    ) -> None:
        self.pivots, self.target, self.distance = pivots.to(game.device), target.to(game.device), distance
        self.tuning, self.seed = tuning, seed
        self.game = deepcopy(game)
        self._before, self._space = find_space(game, pivots.space), find_space(self.game, pivots.space)
        self._space.check(pivots)
        learning = self._space.generator.named_parameters()
        self.descent = Descent({name: weight.requires_grad_(True) for name, weight in learning})

    @property
    def done(self) -> bool:
        """Whether all steps are made."""
        return self.descent.steps >= self.tuning.steps

    def step(self) -> Tensor:
        """Makes a step, and returns the distance [N] of each pivot's image to its target before it."""
        with self._space.game.evaluating(), torch.enable_grad():
            distance = self.distance(self._space.images(self.pivots), self.target)
            loss = distance.sum()
            if self.tuning.locality_weight:
                loss = loss + self.tuning.locality_weight * self._change().sum()
            self.descent.move(loss, self.tuning.learning_rate)
        return distance.detach()

    def state(self) -> dict[str, Tensor]:
        """Returns all that the steps to come depend on, beside what the tuning was built from."""
        return self.descent.state()

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Goes on from `state`, of a tuning that was built from the same."""
        self.descent.restore(state)

    def _change(self) -> Tensor:
        """Returns how far an image near each pivot is from what it was, [N] (eq. 6)."""
        seed = self.seed * (self.tuning.steps + 1) + self.descent.steps
        drawn = self._before.draw(len(self.pivots), seed).points
        near = replace(self.pivots, points=torch.lerp(self.pivots.points, drawn, self.tuning.locality))
        with torch.no_grad():
            were = self._before.images(near)
        return self.distance(self._space.images(near), were)
