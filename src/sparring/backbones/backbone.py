"""A frozen network that metrics extract features with."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

Resizer = Literal["clean", "legacy-tensorflow", "legacy-pytorch"]
"""How images are resized for the backbone; see `resizing`."""


@dataclass(frozen=True)
class Features:
    """A backbone's output for a batch: `features` [B, d] and `logits` [B, K]; K = 0 if it has no classes."""

    features: Tensor
    logits: Tensor


class FeatureNetwork(nn.Module):
    """Base class of backbone networks: images float32 [B, 3, S, S], 0 to 255, to `Features`.

    The network normalizes its input itself.
    """

    def forward(self, images: Tensor) -> Features:
        """Returns features and logits of `images` [B, 3, S, S], 0 to 255."""
        raise NotImplementedError

    def maps(self, images: Tensor) -> Tensor:
        """Returns early feature maps [B, c, h, w] of `images` [B, 3, H, W], 0 to 255, of any size (for SIFID)."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Backbone:
    """A network in evaluation mode, and what identifies its scores.

    `size` is the side of its square input images. `digest` is the SHA-256 of its weights, in hexadecimal. `titles`
    holds traditional names of scores: the original Inception's `FD` is called `FID`.
    """

    name: str
    network: FeatureNetwork
    size: int
    digest: str
    titles: tuple[tuple[str, str], ...] = ()

    def title(self, score: str) -> str:
        """Returns the name of a metric's score with this backbone.

        >>> Backbone("lite0", FeatureNetwork(), 224, "").title("FD")
        'FD-lite0'
        """
        return dict(self.titles).get(score, f"{score}-{self.name}")

    @torch.no_grad()
    def extract(self, images: Tensor) -> Features:
        """Returns the features of resized `images` [B, 3, S, S], 0 to 255, on the network's device."""
        features: Features = self.network(images)
        return features
