"""Ways from latent to latent."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from sparring.errors import SpecError
from sparring.latents.latent import Latents
from sparring.layers.condition import Condition
from sparring.tensors.slerp import slerp

Along = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Points [N, n] of a way at times [N, 1] from 0 to 1, given its starts [N, n] and ends."""


def linear(start: Tensor, end: Tensor, time: Tensor) -> Tensor:
    """Returns the points at `time` [N, 1] on straight lines from `start` [N, n] to `end`."""
    return torch.lerp(start, end, time)


WAYS: dict[str, Along] = {"linear": linear, "spherical": slerp}
"""Straight lines, and arcs: on a line between two Gaussian latents lengths are met that are never drawn."""


def interpolate(
    latents: Latents, steps: int, along: Along, condition: Condition = Condition(), closed: bool = False
) -> Latents:
    """Returns `steps` latents from each of `latents` to the next, both ends among them, one way after another.

    A `closed` way goes on from the last to the first and does not stop twice at a place: its `steps` leave out
    the ends. Classes, as the game's `condition` has them, are gone between by weights, other conditions and noise in
    straight lines.

    Raises:
        SpecError: there are fewer than two latents, or steps.
    """
    if len(latents) < 2 or steps < 2:
        raise SpecError(f"interpolation: got {len(latents)} latents and {steps} steps; needs two or more of both")
    count = len(latents)
    start = torch.arange(count if closed else count - 1, device=latents.points.device)
    end = (start + 1) % count
    times = torch.arange(steps, device=start.device) / (steps if closed else steps - 1)

    def go(values: Tensor, along: Along) -> Tensor:
        flat = values.flatten(1)
        ends = flat[start].repeat_interleave(steps, 0), flat[end].repeat_interleave(steps, 0)
        return along(*ends, times.repeat(len(start))[:, None].to(flat.dtype)).view(-1, *values.shape[1:])

    told = latents.condition
    return replace(
        latents,
        points=go(latents.points, along),
        condition=None if told is None else go(condition.vector(told).float(), linear),
        noise=tuple(go(noise, linear) for noise in latents.noise),
    )
