"""Where the points of a latent space lie, as a search has to know."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from torch import Tensor

from sparring.latents.latent import Latents

Share = Annotated[float, Field(ge=0, le=1)]
"""A part of a whole."""


@dataclass(frozen=True)
class Region:
    """Where a search may `start`, the root mean square distance of latents from their mean, and where it must stay.

    Points are kept in the `box`, from its lowest to its highest corner, and in the `shell`, between its lowest and
    highest distance from 0, where these are not None.
    """

    starts: Latents
    deviation: float
    box: tuple[Tensor, Tensor] | None = None
    shell: tuple[float, float] | None = None

    def keep(self, points: Tensor) -> Tensor:
        """Returns `points` [N, n], or the nearest that the region has."""
        if self.box is not None:
            points = points.clamp(*self.box)
        if self.shell is not None:
            length = points.norm(dim=1, keepdim=True).clamp_min(1e-12)
            points = points * (length.clamp(*self.shell) / length)
        return points


def spread(points: Tensor) -> float:
    """Returns the root mean square distance of `points` [N, n] from their mean."""
    return float((points - points.mean(0)).square().sum(1).mean().sqrt())
