"""Perceptual distances of two images in the features of a trained network."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from sparring.backbones.feature_pyramid import FeaturePyramid
from sparring.backbones.weights import PublishedWeights, load_frozen, locate, read
from sparring.errors import ShapeError, WeightsError

_TINY = 1e-10
"""Added to lengths: a position without any response stays zero; the published code's value."""


class Perceptual(nn.Module):
    """LPIPS, a distance of two images in the feature maps of a network (Zhang et al. 2018, eq. 1).

    d(x, y) = Σ_l 1/(H_l W_l) Σ_hw Σ_c w_lc (x̂_lhwc - ŷ_lhwc)², where each position's channels are first scaled to
    length one. The weights w were fitted to human ratings; `heads` of ones give the paper's uncalibrated baseline.
    `title` is the name of its scores, `digest` the SHA-256 of all weights. The distance is differentiable.
    """

    def __init__(self, network: FeaturePyramid, heads: Sequence[Tensor], title: str, digest: str) -> None:
        super().__init__()
        sizes = tuple(head.numel() for head in heads)
        if sizes != network.channels:
            raise WeightsError(f"{title}: got heads of {sizes} channels; the network's maps have {network.channels}")
        self.network, self.title, self.digest = network, title, digest
        self.heads = nn.ParameterList(nn.Parameter(head.float().view(-1, 1, 1), False) for head in heads)

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        """Returns the distances [N] of the images in `one` to those in `other`, [N, C, H, W] in [-1, 1], C 1 or 3.

        Raises:
            ShapeError: the images differ in shape, are neither gray nor RGB, or are too small for the network.
        """
        if one.shape != other.shape or one.ndim != 4 or one.shape[1] not in (1, 3):
            got = f"{tuple(one.shape)} and {tuple(other.shape)}"
            raise ShapeError(f"{self.title}: got images {got}; needs two [N, C, H, W] of one shape, C being 1 or 3")
        if min(one.shape[2:]) < self.network.smallest:
            size, least = f"{one.shape[2]}x{one.shape[3]}", self.network.smallest
            raise ShapeError(f"{self.title}: got images of {size}; needs {least}x{least} or more, or choose lite0")
        both = torch.cat((one, other)).expand(-1, 3, -1, -1)
        distance = one.new_zeros(len(one))
        for maps, head in zip(self.network.pyramid((both + 1) * 127.5), self.heads, strict=True):
            length = torch.linalg.vector_norm(maps, dim=1, keepdim=True)
            first, second = (maps / (length + _TINY)).chunk(2)
            distance = distance + (head * (first - second).square()).sum(1).mean((1, 2))
        return distance


def lpips_heads(tensors: Mapping[str, Tensor]) -> list[Tensor]:
    """Returns LPIPS's heads, first layer first, from the `tensors` of a published file."""
    heads: list[Tensor] = []
    while (name := f"lin{len(heads)}.model.1.weight") in tensors:
        heads.append(tensors[name])
    return heads


def lpips_heads_file(network: str, sha256: str) -> PublishedWeights:
    """Returns the file of LPIPS's heads, version 0.1. Importing the package `lpips` would need torchvision."""
    path = f"lpips/weights/v0.1/{network}.pth"
    origin = "https://raw.githubusercontent.com/richzhang/PerceptualSimilarity/master"
    install = "pip install --no-deps lpips==0.1.4"
    return PublishedWeights(f"lpips-v0.1-{network}.pth", sha256, f"{origin}/{path}", "lpips", path, install)


def load_lpips(
    name: str,
    build: Callable[[], FeaturePyramid],
    trunk: PublishedWeights,
    heads: PublishedWeights,
    weights: Path | None,
) -> Perceptual:
    """Returns LPIPS on a network with the weights of `trunk`, or those at `weights`, and published `heads`."""
    (path, digest), (heads_path, heads_digest) = locate(trunk, weights), locate(heads)
    convolutions = {key: tensor for key, tensor in read(path).items() if key.startswith("features.")}
    network = load_frozen(build, convolutions, str(path))
    both = hashlib.sha256(f"{digest} {heads_digest}".encode()).hexdigest()
    return Perceptual(network, lpips_heads(read(heads_path)), f"LPIPS-{name}", both)
