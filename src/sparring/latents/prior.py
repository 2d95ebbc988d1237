"""Latent distributions of generators."""

from abc import abstractmethod
from typing import ClassVar

import torch
from pydantic import PositiveInt
from torch import Tensor

from sparring.errors import SpecError
from sparring.spec import Family


class Prior(Family):
    """A distribution of vectors of `size` numbers; `spherical` ones lie near a sphere and are interpolated on it."""

    spherical: ClassVar[bool] = False
    size: PositiveInt = 128

    @abstractmethod
    def draw(self, count: int, random: torch.Generator) -> Tensor:
        """Returns latents [count, size], sampled with `random` on its device."""

    def draw_modes(self, modes: Tensor, random: torch.Generator) -> Tensor:
        """Returns latents [N, size], each from its mode of `modes` [N]; from the whole prior if it has no modes."""
        return self.draw(len(modes), random)

    def check_modes(self, count: int) -> None:
        """Raises `SpecError` unless the prior has a mode for each of `count` classes."""
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
