import pytest
from torch import nn

from sparring.backbones import Backbone, FeatureNetwork, Features


class Corners(FeatureNetwork):
    """Features of a picture: the means of its sixteen parts, and as logits the first ten of them."""

    def __init__(self):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(4)

    def forward(self, images):
        features = self.pool(images / 255).mean(1).flatten(1)
        return Features(features, features[:, :10])

    def maps(self, images):
        return images[:, :, ::2, ::2]


@pytest.fixture
def backbone():
    return Backbone("corners", Corners(), 16, "c0ffee")
