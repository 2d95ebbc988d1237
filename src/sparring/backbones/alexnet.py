"""AlexNet's convolutions: the fastest LPIPS network, and its authors' choice for evaluation."""

from functools import partial

from torch import Tensor, nn

from sparring.backbones.feature_pyramid import FeaturePyramid, tapped
from sparring.backbones.normalization import ChannelNormalization
from sparring.backbones.perceptual import load_lpips, lpips_heads_file
from sparring.backbones.registry import register_perceptual
from sparring.backbones.weights import PublishedWeights

WEIGHTS = PublishedWeights(
    "alexnet-owt-7be5be79.pth",
    "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
    "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
)
"""torchvision's, trained on ImageNet."""

HEADS = lpips_heads_file("alex", "df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0")


class AlexNetTrunk(FeaturePyramid):
    """AlexNet up to its last convolution (Krizhevsky 2014, one column), with torchvision's tensor names.

    LPIPS compares the maps after each convolution's ReLU.
    """

    channels = (64, 192, 384, 256, 256)
    smallest = 31
    _TAPS = (1, 4, 7, 9, 11)

    def __init__(self) -> None:
        super().__init__()
        self.normalization = ChannelNormalization()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 11, 4, 2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(64, 192, 5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(192, 384, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(inplace=True),
        )

    def pyramid(self, images: Tensor) -> tuple[Tensor, ...]:
        """Returns the feature maps of the five convolutions for `images` [B, 3, H, W], 0 to 255."""
        return tapped(self.features, self.normalization(images), self._TAPS)


register_perceptual("alex", partial(load_lpips, "alex", AlexNetTrunk, WEIGHTS, HEADS))
