"""A frozen network through which metrics look at images."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

Resizer = Literal["clean", "legacy-tensorflow", "legacy-pytorch"]
"""How images are brought to the backbone's size; see `resizing`."""


@dataclass(frozen=True)
class Features:
    """What a backbone makes of a batch: `features` [B, d], and `logits` [B, K], K = 0 where it has no classes."""

    features: Tensor
    logits: Tensor


class FeatureNetwork(nn.Module):
    """What a backbone's network is: images float32 [B, 3, S, S] on the scale 0 to 255 in, `Features` out.

    The network's own normalization of its input is part of it.
    """

    def forward(self, images: Tensor) -> Features:
        """Returns features and logits of `images` [B, 3, S, S], 0 to 255."""
        raise NotImplementedError

    def maps(self, images: Tensor) -> Tensor:
        """Returns early feature maps [B, c, h, w] of `images` [B, 3, H, W], 0 to 255, of any size (for SIFID)."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Backbone:
    """A network in evaluation mode, and all that tells its scores from those of another.

    `size` is the side of the square images that it takes. `digest` is the SHA-256 of its weights, in hexadecimal.
    `titles` renames scores where tradition has a name for them: the original Inception's `FD` is called `FID`.
    """

    name: str
    network: FeatureNetwork
    size: int
    digest: str
    titles: tuple[tuple[str, str], ...] = ()

    def title(self, score: str) -> str:
        """Returns the name that a score of this backbone goes by.

        >>> Backbone("lite0", FeatureNetwork(), 224, "").title("FD")
        'FD-lite0'
        """
        return dict(self.titles).get(score, f"{score}-{self.name}")

    @torch.no_grad()
    def extract(self, images: Tensor) -> Features:
        """Returns what the network makes of prepared `images` [B, 3, S, S], 0 to 255, on its device."""
        seen: Features = self.network(images)
        return seen
