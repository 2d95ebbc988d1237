"""Interpolation between latents."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from sparring.errors import SpecError
from sparring.latents.latent import Latents
from sparring.layers.condition import Condition
from sparring.tensors.slerp import slerp

Interpolant = Callable[[Tensor, Tensor, Tensor], Tensor]
"""A function of starts [N, n], ends [N, n] and times [N, 1] in [0, 1] to the points [N, n] of a path."""


def lerp(start: Tensor, end: Tensor, time: Tensor) -> Tensor:
    """Returns the points at `time` [N, 1] on straight lines from `start` [N, n] to `end`."""
    return torch.lerp(start, end, time)


INTERPOLANTS: dict[str, Interpolant] = {"linear": lerp, "spherical": slerp}
"""Straight lines, and arcs: a line between two Gaussian latents passes lengths of negligible probability."""


def interpolate_latents(
    latents: Latents, steps: int, interpolant: Interpolant, condition: Condition = Condition(), closed: bool = False
) -> Latents:
    """Returns `steps` latents from each of `latents` to the next, both ends included, one path after another.

    `closed` paths continue from the last latent to the first, and the `steps` of each exclude its end. Classes of the
    game's `condition` are interpolated as class weights; other conditions and noise linearly.

    Raises:
        SpecError: there are fewer than two latents or steps.
    """
    if len(latents) < 2 or steps < 2:
        raise SpecError(f"interpolation: got {len(latents)} latents and {steps} steps; needs two or more of both")
    count = len(latents)
    start = torch.arange(count if closed else count - 1, device=latents.points.device)
    end = (start + 1) % count
    times = torch.arange(steps, device=start.device) / (steps if closed else steps - 1)

    def between(values: Tensor, interpolant: Interpolant) -> Tensor:
        flat = values.flatten(1)
        ends = flat[start].repeat_interleave(steps, 0), flat[end].repeat_interleave(steps, 0)
        return interpolant(*ends, times.repeat(len(start))[:, None].to(flat.dtype)).view(-1, *values.shape[1:])

    conditions = latents.condition
    return replace(
        latents,
        points=between(latents.points, interpolant),
        condition=None if conditions is None else between(condition.vector(conditions).float(), lerp),
        noise=tuple(between(noise, lerp) for noise in latents.noise),
    )
