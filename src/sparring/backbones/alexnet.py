"""AlexNet's convolutions: LPIPS's fastest network, and its authors' choice for evaluation."""

from torch import Tensor, nn

from sparring.backbones.feature_pyramid import FeaturePyramid, tapped
from sparring.backbones.normalization import ChannelNormalization


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
        """Returns the five convolutions' maps of `images` [B, 3, H, W], 0 to 255."""
        return tapped(self.features, self.normalization(images), self._TAPS)
