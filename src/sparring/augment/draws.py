"""Random parameters of transforms, for each image, replaced by the identity's with some probability."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Draws:
    """Samples parameters for `count` images from `random` in float32 and returns them in the dtype of `like`.

    Each transform of an image happens with `probability`, independently of all others.
    """

    count: int
    random: torch.Generator
    like: Tensor
    probability: float | Tensor = 1.0

    def uniform(self, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Returns numbers [N] in [low, high)."""
        numbers = torch.rand(self.count, generator=self.random, device=self.like.device)
        return (low + (high - low) * numbers).to(self.like.dtype)

    def normal(self, deviation: float) -> Tensor:
        """Returns normal numbers [N] of mean 0."""
        numbers = torch.randn(self.count, generator=self.random, device=self.like.device)
        return (deviation * numbers).to(self.like.dtype)

    def scale(self, octaves: float) -> Tensor:
        """Returns factors [N] whose logarithms to base 2 are normal, of mean 0 and deviation `octaves`."""
        return self.normal(octaves).exp2()

    def whole(self, count: int) -> Tensor:
        """Returns whole numbers [N] from 0 to `count` - 1."""
        return torch.randint(count, (self.count,), generator=self.random, device=self.like.device)

    def noise(self) -> Tensor:
        """Returns standard normal numbers of the shape of `like`."""
        numbers = torch.randn(self.like.shape, generator=self.random, device=self.like.device)
        return numbers.to(self.like.dtype)

    def maybe(self, parameters: Tensor, identity: float, probability: float | Tensor | None = None) -> Tensor:
        """Returns `parameters` [N], each with the probability, otherwise the parameter of the `identity`."""
        probability = self.probability if probability is None else probability
        happens = torch.rand(self.count, generator=self.random, device=self.like.device) < probability
        return torch.where(happens, parameters, identity)
