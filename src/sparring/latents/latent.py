"""Latents: points of a latent space with their conditions and noise."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from sparring.errors import SpecError

SpaceName = Literal["z", "w", "w+"]
"""Z, W (one style for all layers), or W+ (a style for each layer)."""


@dataclass(frozen=True)
class Latents:
    """The inputs of a generator: N points of a latent space.

    `points` are [N, n] in Z, [N, width] in W, [N, styles, width] in W+. `condition` [N, ...] is the condition of each
    point in Z of a conditional game. `noise` [N, 1, H, W] for each layer replaces the network's own, if any is given.
    """

    space: SpaceName
    points: Tensor
    condition: Tensor | None = None
    noise: tuple[Tensor, ...] = ()

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, chosen: slice | Tensor) -> "Latents":
        condition = None if self.condition is None else self.condition[chosen]
        return Latents(self.space, self.points[chosen], condition, tuple(noise[chosen] for noise in self.noise))

    def to(self, device: torch.device) -> "Latents":
        """Returns the same on `device`."""
        condition = None if self.condition is None else self.condition.to(device)
        return Latents(self.space, self.points.to(device), condition, tuple(noise.to(device) for noise in self.noise))


def join_latents(several: Sequence[Latents]) -> Latents:
    """Returns the concatenation of latents of one space; noise is kept if all have it."""
    spaces = sorted({latents.space for latents in several})
    if len(spaces) != 1:
        raise SpecError(f"latents: got some of {' and '.join(spaces) or 'no space'}; needs one space for all")
    conditions = [latents.condition for latents in several if latents.condition is not None]
    noises = zip(*(latents.noise for latents in several), strict=False) if all(one.noise for one in several) else ()
    return Latents(
        several[0].space,
        torch.cat([latents.points for latents in several]),
        torch.cat(conditions) if conditions else None,
        tuple(map(torch.cat, noises)),
    )
