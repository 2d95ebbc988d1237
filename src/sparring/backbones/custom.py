"""A user's network as a backbone."""

from collections.abc import Callable
from hashlib import sha256

import torch
from torch import Tensor

from sparring.backbones.backbone import Backbone, FeatureNetwork, Features
from sparring.backbones.weights import digest_of
from sparring.errors import MetricError


class _CustomNetwork(FeatureNetwork):
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
        raise MetricError(f"backbone {self.name}: has no feature maps; choose inception or lite0")


def custom_backbone(network: Callable[[Tensor], Tensor], size: int, name: str) -> Backbone:
    """Returns a backbone from a module or function: images [B, 3, size, size], 0 to 255, to features [B, d].

    A module is set to evaluation mode. `name` becomes part of the scores' names (`FD-myname`). The digest covers the
    module's parameters and buffers and its features of two fixed images, so it distinguishes functions too. For
    logits or feature maps, subclass `FeatureNetwork` and construct a `Backbone` with it.

    >>> import torch
    >>> mean_color = custom_backbone(lambda images: images.mean((2, 3)), 8, "mean-color")
    >>> mean_color.title("FD"), mean_color.extract(torch.zeros(5, 3, 8, 8)).features.shape
    ('FD-mean-color', torch.Size([5, 3]))
    """
    custom_network = _CustomNetwork(network, name).eval()
    return Backbone(
        name,
        custom_network,
        size,
        sha256(f"{digest_of(custom_network)} {_fingerprint(custom_network, size)}".encode()).hexdigest(),
    )


@torch.no_grad()
def _fingerprint(network: _CustomNetwork, size: int) -> list[list[float]]:
    device = next((weight.device for weight in network.parameters()), torch.device("cpu"))
    images = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(0)) * 255
    features: list[list[float]] = network(images.to(device)).features.double().tolist()
    return features
