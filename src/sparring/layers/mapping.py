"""The mapping network, from sampled latents to intermediate ones, and the mean of these."""

from itertools import pairwise

import torch
from torch import Tensor, cat, nn

from sparring.layers.condition import Condition, ConditionCheck
from sparring.layers.equalized import GAIN, EqualizedLinear, activate, normalize_pixels

RATE = 0.01
"""The learning rate of the mapping network relative to the others' (Karras et al. 2019, appendix C)."""

DECAY = 0.998
"""The decay of the mean latent per batch."""


class MappingNetwork(nn.Module):
    """A latent z and a condition, if there is one, normalized, through linear layers (Karras et al. 2019, fig. 1b).

    The condition is embedded linearly to `width` numbers and concatenated to z, whose length `latent` may then be 0.
    """

    def __init__(self, latent: int, condition: Condition, width: int, depth: int) -> None:
        super().__init__()
        self.condition = condition
        self.check_condition = ConditionCheck(condition)
        self.embed = EqualizedLinear(condition.size, width) if condition else None
        sizes = [latent + (width if condition else 0), *[width] * depth]
        self.layers = nn.ModuleList(EqualizedLinear(low, high, RATE) for low, high in pairwise(sizes))

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns [N, width], in full precision, for `latents` [N, latent] and, if conditional, a condition [N]."""
        values = normalize_pixels(self.check_condition(latents, condition))
        if self.embed is not None and condition is not None:
            embedded = self.embed(self.condition.vector(condition))
            values = cat((values, normalize_pixels(embedded)), 1)
        for layer in self.layers:
            values = activate(layer(values, GAIN))
        return values


class MeanLatent(nn.Module):
    """The running mean of the intermediate latents, the centre of truncation.

    Updated by the latents that pass through in training while `track_running_stats` holds: like the statistics of
    batch normalization, it is frozen during other teams' moves.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.track_running_stats = True
        self.register_buffer("value", torch.zeros(width))
        self.value: Tensor

    def forward(self, latents: Tensor) -> Tensor:
        """Returns `latents` [N, width] unchanged."""
        if self.training and self.track_running_stats and len(latents):
            with torch.no_grad():
                self.value.lerp_(latents.mean(0).to(self.value.dtype), 1 - DECAY)
        return latents
