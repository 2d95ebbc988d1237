"""The mapping network, from the latents that are drawn to the intermediate ones that make styles, and their mean."""

from itertools import pairwise

import torch
from torch import Tensor, cat, nn

from sparring.layers.activation import GAIN, activate
from sparring.layers.condition import Condition
from sparring.layers.conditioning import Informed, Unconditional
from sparring.layers.equalized import EqualizedLinear
from sparring.layers.normalization import normalize_pixels

RATE = 0.01
"""The mapping network learns at a hundredth of the others' speed (Karras et al. 2019, appendix C)."""

KEPT = 0.998
"""The share of the mean latent that each batch leaves as it was."""


class MappingNetwork(nn.Module):
    """A latent z and a condition, if there is one, normalized, through linear layers (Karras et al. 2019, fig. 1b).

    A condition is embedded linearly, in as many numbers as there are outputs, and stands behind z, whose length
    `latent` may be 0 then.
    """

    def __init__(self, latent: int, condition: Condition, width: int, depth: int) -> None:
        super().__init__()
        self.condition = condition
        self.told = Informed() if condition else Unconditional()
        self.embed = EqualizedLinear(condition.size, width) if condition else None
        sizes = [latent + (width if condition else 0), *[width] * depth]
        self.layers = nn.ModuleList(EqualizedLinear(low, high, RATE) for low, high in pairwise(sizes))

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns [N, width], in full precision, for `latents` [N, latent] and, where it has one, a condition [N]."""
        values = normalize_pixels(self.told(latents, condition))
        if self.embed is not None and condition is not None:
            embedded = self.embed(self.condition.vector(condition))
            values = cat((values, normalize_pixels(embedded)), 1)
        for layer in self.layers:
            values = activate(layer(values, GAIN))
        return values


class MeanLatent(nn.Module):
    """The running mean of the intermediate latents, towards which truncation moves them.

    It follows those that pass through it in training, while `track_running_stats` holds: like a batch
    normalization's statistics, it stays as it is while another team moves.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.track_running_stats = True
        self.register_buffer("value", torch.zeros(width))
        self.value: Tensor

    def forward(self, latents: Tensor) -> Tensor:
        """Returns `latents` [N, width] as they are."""
        if self.training and self.track_running_stats and len(latents):
            with torch.no_grad():
                self.value.lerp_(latents.mean(0).to(self.value.dtype), 1 - KEPT)
        return latents
