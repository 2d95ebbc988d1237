"""Projection: the latents of given images, found by going down from where the distance to them is."""

from collections.abc import Mapping
from dataclasses import replace
from math import cos, pi

import torch
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Tensor

from sparring.errors import ShapeError
from sparring.latents.functional_adam import Descent
from sparring.latents.latent import Latents
from sparring.latents.latent_statistics import Share
from sparring.latents.noise import noise_correlation, normalize_noise
from sparring.latents.perceptual_distance import Distance
from sparring.latents.spaces import BATCH, Space
from sparring.network import ConditionLike
from sparring.spec import Spec


class Search(Spec):
    """How latents are looked for; the defaults are those of Karras et al. 2020, appendix D.

    The learning rate rises for the share `rise` of the `steps` and falls as a cosine in the last `fall`. Points are
    jittered by normal noise of `jitter` times the deviation of the latents, less and less, for the share `settle`.
    `noise_weight` is that of `noise_correlation`.
    """

    steps: PositiveInt = 1000
    learning_rate: PositiveFloat = 0.1
    rise: Share = 0.05
    fall: Share = 0.25
    jitter: NonNegativeFloat = 0.05
    settle: Share = 0.75
    noise_weight: NonNegativeFloat = 1e5

    def rate_at(self, step: int) -> float:
        """Returns the learning rate of the step after `step` others."""
        done = step / self.steps
        rising = min(1.0, (step + 1) / (self.steps * self.rise)) if self.rise else 1.0
        falling = min(1.0, (1 - done) / self.fall) if self.fall else 1.0
        return self.learning_rate * rising * (1 - cos(pi * falling)) / 2

    def jitter_at(self, step: int) -> float:
        """Returns the standard deviation of the jitter, as a multiple of the latents' own, after `step` steps."""
        left = 1 - step / (self.steps * self.settle) if self.settle else 0.0
        return self.jitter * max(0.0, left) ** 2


class Projection:
    """The images `target` [N, *sample] in [-1, 1] being looked for in `space`: latents and noise, step by step.

    In W and W+ the search starts at the mean of the latents, in Z at the nearest of some that are drawn. Z is left for
    no point that the prior would not draw: its box and, where it is `spherical`, its lengths are kept to. Noise is
    each image's own, normalized after every step. In a conditional game `condition` says what all the images are of;
    None starts, in Z, at what the nearest of those drawn is of. All that is random depends on `seed` and the step.

    Raises:
        ShapeError: the images are not of the shape of the game's samples, or not images.
    """

    def __init__(
        self,
        space: Space,
        target: Tensor,
        distance: Distance,
        search: Search,
        seed: int = 0,
        condition: ConditionLike = None,
    ) -> None:
        if target.shape[1:] != space.game.sample or target.ndim != 4 or not len(target):
            raise ShapeError(
                f"projection: got images {tuple(target.shape)}; the model makes {space.game.sample}, and can only "
                "look for images of that shape"
            )
        self.space, self.distance, self.search, self.seed = space, distance, search, seed
        self.target = target.to(space.game.device)
        self.region = space.survey(seed, condition)
        start = self._nearest(self.region.starts)
        points = start.points.clone().requires_grad_(True)
        drawn = [torch.randn(len(target), *own.shape[1:], generator=self._random(0)) for own in space.constant_noise()]
        self.noise = [noise.to(self.target.device).requires_grad_(True) for noise in drawn]
        normalize_noise(self.noise)
        self._start = start
        named = {f"noise_{layer:02d}": noise for layer, noise in enumerate(self.noise)}
        self.descent = Descent({"points": points, **named})

    @property
    def done(self) -> bool:
        """Whether all steps are made."""
        return self.descent.steps >= self.search.steps

    @property
    def latents(self) -> Latents:
        """What is found so far."""
        points = self.descent.variables["points"].detach().clone()
        return replace(self._start, points=points, noise=tuple(noise.detach().clone() for noise in self.noise))

    def step(self) -> Tensor:
        """Makes a step, and returns the distance [N] of each image where the step began, jittered."""
        step, points = self.descent.steps, self.descent.variables["points"]
        with self.space.game.evaluating(), torch.enable_grad():
            shape, device = points.shape, self.target.device
            jitter = torch.randn(shape, generator=self._random(step + 1)).to(device)
            moved = points + jitter * (self.search.jitter_at(step) * self.region.deviation)
            made = self.space.images(replace(self._start, points=moved, noise=tuple(self.noise)))
            distance = self.distance(made, self.target)
            loss = distance.sum()
            if self.noise:
                loss = loss + self.search.noise_weight * noise_correlation(self.noise).sum()
            self.descent.move(loss, self.search.rate_at(step))
        normalize_noise(self.noise)
        with torch.no_grad():
            points.copy_(self.region.keep(points))
        return distance.detach()

    def state(self) -> dict[str, Tensor]:
        """Returns all that the steps to come depend on, beside what the projection was built from."""
        return self.descent.state()

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Goes on from `state`, of a projection that was built from the same."""
        self.descent.restore(state)

    def _nearest(self, starts: Latents) -> Latents:
        """Returns the nearest of `starts` to each target."""
        if len(starts) == 1:
            return starts[torch.zeros(len(self.target), dtype=torch.long, device=self.target.device)]
        images = self.space.render(starts)
        with torch.no_grad():
            chosen = [_closest(self.distance, images, one) for one in self.target]
        return starts[torch.tensor(chosen, device=self.target.device)]

    def _random(self, place: int) -> torch.Generator:
        return torch.Generator().manual_seed(self.seed * (self.search.steps + 1) + place)


def _closest(distance: Distance, images: Tensor, one: Tensor) -> int:
    parts = [images[start : start + BATCH] for start in range(0, len(images), BATCH)]
    return int(torch.cat([distance(part, one.expand_as(part)) for part in parts]).argmin())
