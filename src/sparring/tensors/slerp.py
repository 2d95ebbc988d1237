"""Spherical interpolation."""

import torch
from torch import Tensor
from torch.nn import functional


def slerp(start: Tensor, end: Tensor, time: Tensor) -> Tensor:
    """Returns the points [N, n] at `time` [N, 1] in [0, 1] on the arcs from `start` [N, n] to `end`.

    Directions turn at constant speed in the plane of the two (Shoemake 1985), lengths are interpolated linearly:
    between unit vectors this is the published formula, and Gaussian latents keep their typical length.

    >>> slerp(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 3.0]]), torch.tensor([[0.5]]))
    tensor([[1.4142, 1.4142]])
    """
    lengths = torch.lerp(start.norm(dim=1, keepdim=True), end.norm(dim=1, keepdim=True), time)
    start, end = functional.normalize(start, dim=1), functional.normalize(end, dim=1)
    cosine = (start * end).sum(1, keepdim=True)
    across = end - cosine * start
    # atan2, since acos loses half of the digits where the two are nearly parallel.
    angle = time * torch.atan2(across.norm(dim=1, keepdim=True), cosine)
    return lengths * (angle.cos() * start + angle.sin() * functional.normalize(across, dim=1))
