"""Statistics of a latent space for searches in it."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from torch import Tensor

from sparring.latents.latent import Latents

Fraction = Annotated[float, Field(ge=0, le=1)]
"""A number in [0, 1]."""


@dataclass(frozen=True)
class LatentStatistics:
    """Starting points, the root mean square distance of latents from their mean, and bounds.

    The `box` bounds points by its lowest and highest corner, the `shell` by their distance from 0; None is no bound.
    """

    starts: Latents
    deviation: float
    box: tuple[Tensor, Tensor] | None = None
    shell: tuple[float, float] | None = None

    def clamp(self, points: Tensor) -> Tensor:
        """Returns `points` [N, n] clamped to the box, then to the shell."""
        if self.box is not None:
            points = points.clamp(*self.box)
        if self.shell is not None:
            length = points.norm(dim=1, keepdim=True).clamp_min(1e-12)
            points = points * (length.clamp(*self.shell) / length)
        return points


def rms_deviation(points: Tensor) -> float:
    """Returns the root mean square distance of `points` [N, n] from their mean."""
    return float((points - points.mean(0)).square().sum(1).mean().sqrt())
