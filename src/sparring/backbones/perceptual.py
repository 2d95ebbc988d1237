"""How unlike two images look to a trained network."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from sparring.backbones.feature_pyramid import FeaturePyramid
from sparring.errors import ShapeError, WeightsError

_TINY = 1e-10
"""Keeps a position where no channel responds at zero; the published code's value."""


class Perceptual(nn.Module):
    """LPIPS, a distance of two images in the feature maps of a network (Zhang et al. 2018, eq. 1).

    d(x, y) = Σ_l 1/(H_l W_l) Σ_hw Σ_c w_lc (x̂_lhwc - ŷ_lhwc)², where each position's channels are first scaled to
    length one. The weights w were fitted to people's judgements; `heads` of ones give the paper's uncalibrated
    baseline. `title` is what its scores are called, `digest` the SHA-256 of all weights. It is differentiable.
    """

    def __init__(self, network: FeaturePyramid, heads: Sequence[Tensor], title: str, digest: str) -> None:
        super().__init__()
        sizes = tuple(head.numel() for head in heads)
        if sizes != network.channels:
            raise WeightsError(f"{title}: got heads of {sizes} channels; the network's maps have {network.channels}")
        self.network, self.title, self.digest = network, title, digest
        self.heads = nn.ParameterList(nn.Parameter(head.float().view(-1, 1, 1), False) for head in heads)

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        """Returns the distance [N] of each image of `one` [N, C, H, W] to that of `other`; in [-1, 1], C is 1 or 3.

        Raises:
            ShapeError: the images differ in shape, are neither gray nor RGB, or too small for the network.
        """
        if one.shape != other.shape or one.ndim != 4 or one.shape[1] not in (1, 3):
            got = f"{tuple(one.shape)} and {tuple(other.shape)}"
            raise ShapeError(f"{self.title}: got images {got}; needs two [N, C, H, W] of one shape, C being 1 or 3")
        if min(one.shape[2:]) < self.network.smallest:
            size, least = f"{one.shape[2]}x{one.shape[3]}", self.network.smallest
            raise ShapeError(f"{self.title}: got images of {size}; needs {least}x{least} or more, or take lite0")
        both = torch.cat((one, other)).expand(-1, 3, -1, -1)
        distance = one.new_zeros(len(one))
        for maps, head in zip(self.network.pyramid((both + 1) * 127.5), self.heads, strict=True):
            length = torch.linalg.vector_norm(maps, dim=1, keepdim=True)
            first, second = (maps / (length + _TINY)).chunk(2)
            distance = distance + (head * (first - second).square()).sum(1).mean((1, 2))
        return distance


def lpips_heads(tensors: Mapping[str, Tensor]) -> list[Tensor]:
    """Returns LPIPS's heads, from the first layer to the last, of the `tensors` of a published file of them."""
    heads: list[Tensor] = []
    while (name := f"lin{len(heads)}.model.1.weight") in tensors:
        heads.append(tensors[name])
    return heads
