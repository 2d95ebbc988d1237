"""The latent distribution that a generator draws from."""

from abc import abstractmethod
from typing import ClassVar

import torch
from pydantic import PositiveInt
from torch import Tensor

from sparring.errors import SpecError
from sparring.spec import Family


class Prior(Family):
    """A distribution over vectors of `size` numbers; `spherical` ones lie near a sphere, where one interpolates."""

    spherical: ClassVar[bool] = False
    size: PositiveInt = 128

    @abstractmethod
    def draw(self, count: int, random: torch.Generator) -> Tensor:
        """Returns [count, size] drawn from `random`, on its device."""

    def draw_modes(self, modes: Tensor, random: torch.Generator) -> Tensor:
        """Returns [N, size], each from the part of the prior that `modes` [N] numbers; all of it where it has none."""
        return self.draw(len(modes), random)

    def check_modes(self, count: int) -> None:
        """Raises `SpecError` unless the prior has a part for each of `count` classes."""
        raise SpecError(f"prior: {self.kind()} has no modes for {count} classes; choose GaussianMixture or SwissRoll")


class Gaussian(Prior):
    """Independent standard normals."""

    spherical = True

    def draw(self, count: int, random: torch.Generator) -> Tensor:
        return torch.randn(count, self.size, generator=random, device=random.device)


class Uniform(Prior):
    """Independent uniforms on [-1, 1], as in Radford et al. 2016."""

    def draw(self, count: int, random: torch.Generator) -> Tensor:
        return torch.rand(count, self.size, generator=random, device=random.device) * 2 - 1
