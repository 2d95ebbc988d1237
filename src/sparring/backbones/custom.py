"""A network of one's own as a backbone."""

from collections.abc import Callable
from hashlib import sha256

import torch
from torch import Tensor

from sparring.backbones.backbone import Backbone, FeatureNetwork, Features
from sparring.backbones.weights import digest_of
from sparring.errors import MetricError


class _Own(FeatureNetwork):
    def __init__(self, network: Callable[[Tensor], Tensor], name: str) -> None:
        super().__init__()
        self.network, self.name = network, name

    def forward(self, images: Tensor) -> Features:
        features = self.network(images)
        if features.ndim != 2 or len(features) != len(images):
            got = f"{tuple(features.shape)} of images {tuple(images.shape)}"
            raise MetricError(f"backbone {self.name}: gave features {got}; needs [B, d], a row for each image")
        return Features(features, features.new_zeros(len(features), 0))

    def maps(self, images: Tensor) -> Tensor:
        raise MetricError(f"backbone {self.name}: has no feature maps; take inception or lite0 for them")


def custom_backbone(network: Callable[[Tensor], Tensor], size: int, name: str) -> Backbone:
    """Returns a backbone of any module or function from images [B, 3, size, size], 0 to 255, to features [B, d].

    A module is set to evaluation mode. `name` stands in the scores' names (`FD-myname`); its digest is that of the
    module's parameters and buffers and of what it makes of two fixed images, which tells functions apart too.
    Where there are logits or maps too, derive from `FeatureNetwork` and make a `Backbone` of that.

    >>> import torch
    >>> mean_color = custom_backbone(lambda images: images.mean((2, 3)), 8, "mean-color")
    >>> mean_color.title("FD"), mean_color.extract(torch.zeros(5, 3, 8, 8)).features.shape
    ('FD-mean-color', torch.Size([5, 3]))
    """
    own = _Own(network, name).eval()
    return Backbone(name, own, size, sha256(f"{digest_of(own)} {_fingerprint(own, size)}".encode()).hexdigest())


@torch.no_grad()
def _fingerprint(network: _Own, size: int) -> list[list[float]]:
    device = next((weight.device for weight in network.parameters()), torch.device("cpu"))
    images = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(0)) * 255
    features: list[list[float]] = network(images.to(device)).features.double().tolist()
    return features
