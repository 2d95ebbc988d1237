"""VGG16: the network of improved precision and recall, and of LPIPS."""

from functools import partial

from torch import Tensor, nn

from sparring.backbones.backbone import FeatureNetwork, Features
from sparring.backbones.feature_pyramid import FeaturePyramid, tapped
from sparring.backbones.normalization import ChannelNormalization
from sparring.backbones.perceptual import load_lpips, lpips_heads_file
from sparring.backbones.registry import register_backbone, register_perceptual
from sparring.backbones.weights import PublishedWeights, load_backbone

WEIGHTS = PublishedWeights(
    "vgg16-397923af.pth",
    "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
    "https://download.pytorch.org/models/vgg16-397923af.pth",
)
"""torchvision's, trained on ImageNet."""

HEADS = lpips_heads_file("vgg", "a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868")

_STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Channels of the convolutions between poolings (Simonyan & Zisserman 2015, Table 1, column D)."""

_TAPS = (3, 8, 15, 22, 29)
"""Each stage's last ReLU, right before its pooling."""


def _convolutions() -> nn.Sequential:
    """Returns the convolutions, each stage with its pooling; layer indices are torchvision's."""
    layers: list[nn.Module] = []
    before = 3
    for stage in _STAGES:
        for after in stage:
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(inplace=True)]
            before = after
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


class VGG16Trunk(FeaturePyramid):
    """VGG16 without its classifier; LPIPS compares the feature maps before each pooling."""

    channels = (64, 128, 256, 512, 512)
    smallest = 16

    def __init__(self) -> None:
        super().__init__()
        self.normalization = ChannelNormalization()
        self.features = _convolutions()

    def pyramid(self, images: Tensor) -> tuple[Tensor, ...]:
        """Returns maps at 1, 1/2, 1/4, 1/8 and 1/16 of the resolution of `images` [B, 3, H, W], 0 to 255."""
        return tapped(self.features, self.normalization(images), _TAPS)


class VGG16(FeatureNetwork):
    """VGG16 (Simonyan & Zisserman 2015), with the tensor names of torchvision's `vgg16`.

    Features [B, 4096] are the second fully connected layer's output after its ReLU, as in improved precision and recall
    (Kynkäänniemi et al. 2019; their weights are the authors' own, these are torchvision's). Logits [B, 1000] are
    ImageNet's classes. Images are 224x224.
    """

    def __init__(self) -> None:
        super().__init__()
        self.normalization = ChannelNormalization()
        self.features = _convolutions()
        # Dropout does nothing in evaluation mode, but the published layer indices count it.
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(4096, 1000),
        )

    def forward(self, images: Tensor) -> Features:
        """Returns features [B, 4096] and logits [B, 1000] of `images` [B, 3, 224, 224], 0 to 255."""
        maps = self.features(self.normalization(images))
        features = self.classifier[:-1](maps.flatten(1))
        return Features(features, self.classifier[-1](features))

    def maps(self, images: Tensor) -> Tensor:
        """Returns the first stage's maps [B, 64, H, W] of `images` [B, 3, H, W], 0 to 255."""
        return tapped(self.features, self.normalization(images), _TAPS[:1])[0]


register_backbone("vgg16", partial(load_backbone, "vgg16", VGG16, WEIGHTS, 224))
register_perceptual("vgg", partial(load_lpips, "vgg", VGG16Trunk, WEIGHTS, HEADS))
