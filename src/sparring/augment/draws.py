"""What random transforms draw: parameters of each image, left where they change nothing with some probability."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Draws:
    """Draws for each of `count` images from `random`, in float32, and gives numbers in the type of `like`.

    Each transform of an image happens with `probability`, independently of all others.
    """

    count: int
    random: torch.Generator
    like: Tensor
    probability: float | Tensor = 1.0

    def uniform(self, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Returns numbers [N] in [low, high)."""
        drawn = torch.rand(self.count, generator=self.random, device=self.like.device)
        return (low + (high - low) * drawn).to(self.like.dtype)

    def normal(self, deviation: float) -> Tensor:
        """Returns normal numbers [N] of mean 0."""
        drawn = torch.randn(self.count, generator=self.random, device=self.like.device)
        return (deviation * drawn).to(self.like.dtype)

    def scale(self, octaves: float) -> Tensor:
        """Returns factors [N] whose logarithms to base 2 are normal, of mean 0 and deviation `octaves`."""
        return self.normal(octaves).exp2()

    def whole(self, count: int) -> Tensor:
        """Returns whole numbers [N] from 0 to `count` - 1."""
        return torch.randint(count, (self.count,), generator=self.random, device=self.like.device)

    def noise(self) -> Tensor:
        """Returns standard normal numbers of the shape of `like`."""
        drawn = torch.randn(self.like.shape, generator=self.random, device=self.like.device)
        return drawn.to(self.like.dtype)

    def maybe(self, drawn: Tensor, unchanged: float, probability: float | Tensor | None = None) -> Tensor:
        """Returns what was `drawn` [N], or with the complement of the probability what leaves an image `unchanged`."""
        share = self.probability if probability is None else probability
        happens = torch.rand(self.count, generator=self.random, device=self.like.device) < share
        return torch.where(happens, drawn, unchanged)
