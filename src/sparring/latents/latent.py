"""Latents: points of a latent space, and what goes with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from sparring.errors import SpecError

SpaceName = Literal["z", "w", "w+"]
"""Z, W, where all layers have one style, and W+, where each has its own."""


@dataclass(frozen=True)
class Latents:
    """What images are made from: N points of a latent space, and what goes with them.

    `points` are [N, n] in Z, [N, width] in W, [N, styles, width] in W+. In Z of a conditional game `condition` says
    what each point's image is of. `noise` [N, 1, H, W] is each layer's; where there is none, it is the network's own.
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


def join(several: Sequence[Latents]) -> Latents:
    """Returns several latents of one space as one; noise is kept where all have it."""
    spaces = sorted({latents.space for latents in several})
    if len(spaces) != 1:
        raise SpecError(f"latents: got some of {' and '.join(spaces) or 'no space'}; needs one space for all")
    told = [latents.condition for latents in several if latents.condition is not None]
    noises = zip(*(latents.noise for latents in several), strict=False) if all(one.noise for one in several) else ()
    return Latents(
        several[0].space,
        torch.cat([latents.points for latents in several]),
        torch.cat(told) if told else None,
        tuple(map(torch.cat, noises)),
    )
