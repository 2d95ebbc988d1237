"""The latent distribution that a generator draws from."""

from abc import abstractmethod
from typing import ClassVar

import torch
from pydantic import PositiveInt
from torch import Tensor

from sparring.spec import Family


class Prior(Family):
    """A distribution over vectors of `size` numbers; `spherical` ones lie near a sphere, where one interpolates."""

    spherical: ClassVar[bool] = False
    size: PositiveInt = 128

    @abstractmethod
    def draw(self, count: int, random: torch.Generator) -> Tensor:
        """Returns [count, size] drawn from `random`, on its device."""


class Gaussian(Prior):
    """Independent standard normals."""

    spherical = True

    def draw(self, count: int, random: torch.Generator) -> Tensor:  # noqa: D102
        return torch.randn(count, self.size, generator=random, device=random.device)


class Uniform(Prior):
    """Independent uniforms on [-1, 1], as in Radford et al. 2016."""

    def draw(self, count: int, random: torch.Generator) -> Tensor:  # noqa: D102
        return torch.rand(count, self.size, generator=random, device=random.device) * 2 - 1
