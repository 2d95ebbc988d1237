"""Priors with a planar pattern of modes, one for each class of a conditional game."""

from abc import abstractmethod
from math import pi
from typing import Annotated

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Tensor

from sparring.errors import SpecError
from sparring.latents.prior import Prior


class Planar(Prior):
    """`modes` equally likely modes in the first two numbers; further numbers are standard normals."""

    size: Annotated[int, Field(ge=2)] = 2
    modes: PositiveInt = 10

    @abstractmethod
    def place(self, modes: Tensor, random: torch.Generator) -> Tensor:
        """Returns points [N, 2] of `modes` [N]."""

    def draw(self, count: int, random: torch.Generator) -> Tensor:
        return self.draw_modes(torch.randint(self.modes, (count,), generator=random, device=random.device), random)

    def draw_modes(self, modes: Tensor, random: torch.Generator) -> Tensor:
        further = torch.randn(len(modes), self.size - 2, generator=random, device=random.device)
        return torch.cat((self.place(modes, random), further), 1)

    def check_modes(self, count: int) -> None:
        if count > self.modes:
            raise SpecError(f"prior: {self.kind()} has {self.modes} modes for {count} classes; set prior.modes={count}")


class GaussianMixture(Planar):
    """`modes` Gaussians around the origin, like petals of a flower (Makhzani et al. 2016, fig. 2b).

    Mode k lies in the direction 2πk / `modes`, `radius` away, with the standard deviation `length` in that direction
    and `breadth` across it. The paper gives no numbers; the defaults have a variance of about 1 on each axis.
    """

    radius: PositiveFloat = 1.4
    length: PositiveFloat = 0.3
    breadth: PositiveFloat = 0.1

    def place(self, modes: Tensor, random: torch.Generator) -> Tensor:
        along, across = torch.randn(2, len(modes), generator=random, device=random.device)
        distance, aside = self.radius + self.length * along, self.breadth * across
        cosine, sine = (angle := modes * (2 * pi / self.modes)).cos(), angle.sin()
        return torch.stack((distance * cosine - aside * sine, distance * sine + aside * cosine), 1)


class SwissRoll(Planar):
    """A spiral from the origin (Makhzani et al. 2016, fig. 4), uniform along its length, cut into `modes` pieces.

    It makes `turns` up to `radius`; `deviation` is the standard deviation of the noise around it. The paper gives no
    numbers; the defaults have a variance of about 1 on each axis.
    """

    turns: PositiveFloat = 2.0
    radius: PositiveFloat = 2.0
    deviation: NonNegativeFloat = 0.05

    def place(self, modes: Tensor, random: torch.Generator) -> Tensor:
        fraction = torch.rand(len(modes), generator=random, device=random.device)
        growth = ((modes + fraction) / self.modes).sqrt()  # the length of a spiral grows with the square of its angle
        angle = 2 * pi * self.turns * growth
        spiral = self.radius * growth * torch.stack((angle.cos(), angle.sin()))
        return spiral.T + self.deviation * torch.randn(len(modes), 2, generator=random, device=random.device)
