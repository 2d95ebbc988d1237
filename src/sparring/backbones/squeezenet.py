"""SqueezeNet 1.1's convolutions: five megabytes of weights for LPIPS."""

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from sparring.backbones.feature_pyramid import FeaturePyramid, tapped
from sparring.backbones.normalization import ChannelNormalization
from sparring.backbones.perceptual import load_lpips, lpips_heads_file
from sparring.backbones.registry import register_perceptual
from sparring.backbones.weights import PublishedWeights

WEIGHTS = PublishedWeights(
    "squeezenet1_1-b8a52dc0.pth",
    "b8a52dc049b60e4b6ab68ad0df457362afab8b6304b2febdc1650a5dab4d7e7b",
    "https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth",
)
"""torchvision's, trained on ImageNet."""

HEADS = lpips_heads_file("squeeze", "4a5350f23600cb79923ce65bb07cbf57dca461329894153e05a1346bd531cf76")


class _Fire(nn.Module):
    """A fire module: a 1x1 squeeze, then concatenated 1x1 and 3x3 expansions."""

    def __init__(self, before: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(before, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        squeezed = functional.relu(self.squeeze(images))
        return functional.relu(torch.cat((self.expand1x1(squeezed), self.expand3x3(squeezed)), 1))


class SqueezeNetTrunk(FeaturePyramid):
    """SqueezeNet 1.1 up to its last fire module (Iandola et al. 2016), with torchvision's tensor names.

    LPIPS compares the maps after the first ReLU, before the two later poolings, and after each of the last four
    fire modules.
    """

    channels = (64, 128, 256, 384, 384, 512, 512)
    smallest = 17
    _TAPS = (1, 4, 7, 9, 10, 11, 12)

    def __init__(self) -> None:
        super().__init__()
        self.normalization = ChannelNormalization()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 3, 2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            _Fire(64, 16, 64),
            _Fire(128, 16, 64),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            _Fire(128, 32, 128),
            _Fire(256, 32, 128),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            _Fire(256, 48, 192),
            _Fire(384, 48, 192),
            _Fire(384, 64, 256),
            _Fire(512, 64, 256),
        )

    def pyramid(self, images: Tensor) -> tuple[Tensor, ...]:
        """Returns seven maps of `images` [B, 3, H, W], 0 to 255."""
        return tapped(self.features, self.normalization(images), self._TAPS)


register_perceptual("squeeze", partial(load_lpips, "squeeze", SqueezeNetTrunk, WEIGHTS, HEADS))
