"""Projection: latents of images, found by gradient descent on the distance to them."""

from collections.abc import Mapping
from dataclasses import replace
from math import cos, pi

import torch
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Tensor

from sparring.errors import ShapeError
from sparring.latents.functional_adam import FunctionalAdam
from sparring.latents.latent import Latents
from sparring.latents.latent_statistics import Fraction
from sparring.latents.noise import noise_correlation, normalize_noise
from sparring.latents.perceptual_distance import Distance
from sparring.latents.spaces import BATCH, Space
from sparring.network import ConditionLike
from sparring.spec import Spec


class Search(Spec):
    """The settings of a projection; defaults from Karras et al. 2020, appendix D.

    The learning rate rises linearly for the fraction `rise` of the `steps` and falls as a cosine in the last `fall`.
    Normal noise on the points starts at `jitter` times the deviation of the latents and decays to 0 at the fraction
    `settle`. `noise_weight` is the weight of `noise_correlation`.
    """

    steps: PositiveInt = 1000
    learning_rate: PositiveFloat = 0.1
    rise: Fraction = 0.05
    fall: Fraction = 0.25
    jitter: NonNegativeFloat = 0.05
    settle: Fraction = 0.75
    noise_weight: NonNegativeFloat = 1e5

    def rate_at(self, step: int) -> float:
        """Returns the learning rate after `step` steps."""
        done = step / self.steps
        rising = min(1.0, (step + 1) / (self.steps * self.rise)) if self.rise else 1.0
        falling = min(1.0, (1 - done) / self.fall) if self.fall else 1.0
        return self.learning_rate * rising * (1 - cos(pi * falling)) / 2

    def jitter_at(self, step: int) -> float:
        """Returns the standard deviation of the jitter, as a multiple of the latents' own, after `step` steps."""
        left = 1 - step / (self.steps * self.settle) if self.settle else 0.0
        return self.jitter * max(0.0, left) ** 2


class LatentProjection:
    """A search in `space` for latents and noise of the images `target` [N, *sample] in [-1, 1], step by step.

    In W and W+ it starts at the mean of the latents, in Z at the nearest of some samples. In Z points stay where the
    prior has mass: in a box, and between two lengths if it is `spherical`. Each image has its own noise, normalized
    after every step. In a conditional game `condition` is that of all images; None takes, in Z, the condition of the
    nearest sample. Randomness depends on `seed` and the step alone.

    Raises:
        ShapeError: the targets are not images of the shape of the game's samples.
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
                f"projection: got images {tuple(target.shape)}; the model makes {space.game.sample}; "
                "give it images of that shape"
            )
        self.space, self.distance, self.search, self.seed = space, distance, search, seed
        self.target = target.to(space.game.device)
        self.statistics = space.statistics(seed, condition)
        start = self._nearest(self.statistics.starts)
        points = start.points.clone().requires_grad_(True)
        noise = [torch.randn(len(target), *own.shape[1:], generator=self._random(0)) for own in space.constant_noise()]
        self.noise = [layer.to(self.target.device).requires_grad_(True) for layer in noise]
        normalize_noise(self.noise)
        self._start = start
        named = {f"noise_{layer:02d}": noise for layer, noise in enumerate(self.noise)}
        self.adam = FunctionalAdam({"points": points, **named})

    @property
    def done(self) -> bool:
        """Whether all steps are done."""
        return self.adam.steps >= self.search.steps

    @property
    def latents(self) -> Latents:
        """The current latents and noise."""
        points = self.adam.variables["points"].detach().clone()
        return replace(self._start, points=points, noise=tuple(noise.detach().clone() for noise in self.noise))

    def step(self) -> Tensor:
        """Makes a step and returns the distances [N] of the images at its jittered start."""
        step, points = self.adam.steps, self.adam.variables["points"]
        with self.space.game.evaluating(), torch.enable_grad():
            shape, device = points.shape, self.target.device
            jitter = torch.randn(shape, generator=self._random(step + 1)).to(device)
            jittered = points + jitter * (self.search.jitter_at(step) * self.statistics.deviation)
            images = self.space.images(replace(self._start, points=jittered, noise=tuple(self.noise)))
            distance = self.distance(images, self.target)
            loss = distance.sum()
            if self.noise:
                loss = loss + self.search.noise_weight * noise_correlation(self.noise).sum()
            self.adam.step(loss, self.search.rate_at(step))
        normalize_noise(self.noise)
        with torch.no_grad():
            points.copy_(self.statistics.clamp(points))
        return distance.detach()

    def state(self) -> dict[str, Tensor]:
        """Returns the state of the search, without the arguments that it was built from."""
        return self.adam.state()

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Restores what `state()` of a projection with the same arguments returned."""
        self.adam.restore(state)

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
