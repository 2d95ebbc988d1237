"""Projections of weights onto a box."""

from collections.abc import Sequence

import torch
from pydantic import PositiveFloat
from torch import nn

from sparring.game import Projection


class WeightClipping(Projection):
    """Clamps every weight into [-limit, limit] after each step (Arjovsky et al. 2017, algorithm 1)."""

    limit: PositiveFloat = 0.01

    @torch.no_grad()
    def __call__(self, parameters: Sequence[nn.Parameter]) -> None:
        torch._foreach_clamp_min_(list(parameters), -self.limit)
        torch._foreach_clamp_max_(list(parameters), self.limit)
