"""The backbones and perceptual distances that sparring knows by name."""

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from sparring.backbones import published
from sparring.backbones.alexnet import AlexNetTrunk
from sparring.backbones.backbone import Backbone, FeatureNetwork
from sparring.backbones.efficientnet import EfficientNetLite0
from sparring.backbones.feature_pyramid import FeaturePyramid
from sparring.backbones.inception import Inception
from sparring.backbones.perceptual import Perceptual, lpips_heads
from sparring.backbones.squeezenet import SqueezeNetTrunk
from sparring.backbones.vgg import VGG16, VGG16Trunk
from sparring.backbones.vision_transformers import Transformer, clip, dinov2
from sparring.backbones.weights import PublishedWeights, digest_of, load_frozen, locate, read
from sparring.errors import WeightsError, nearest

_TITLES = {
    "inception": (
        ("FD", "FID"),
        ("FDInfinity", "FID∞"),
        ("ClassFD", "intra-FID"),
        ("MiFD", "MiFID"),
        ("SIFD", "SIFID"),
        ("KID", "KID"),
        ("IS", "IS"),
    )
}
"""What scores are called where the network is the one that they were first defined on."""


def _convolutional(
    name: str, build: Callable[[], FeatureNetwork], file: PublishedWeights, size: int, weights: Path | None
) -> Backbone:
    path, digest = locate(file, weights)
    titles = _TITLES.get(name, ()) if digest == file.sha256 else ()
    return Backbone(name, load_frozen(build, read(path), str(path)), size, digest, titles)


def _transformer(name: str, build: Callable[[Path | None], Transformer], weights: Path | None) -> Backbone:
    network = build(weights)
    return Backbone(name, network, 224, digest_of(network))


def _lpips(
    name: str,
    build: Callable[[], FeaturePyramid],
    trunk: PublishedWeights,
    heads: PublishedWeights,
    weights: Path | None,
) -> Perceptual:
    (path, digest), (heads_path, heads_digest) = locate(trunk, weights), locate(heads)
    convolutions = {key: tensor for key, tensor in read(path).items() if key.startswith("features.")}
    network = load_frozen(build, convolutions, str(path))
    both = hashlib.sha256(f"{digest} {heads_digest}".encode()).hexdigest()
    return Perceptual(network, lpips_heads(read(heads_path)), f"LPIPS-{name}", both)


def _lite0_distance(weights: Path | None) -> Perceptual:
    path, digest = locate(published.LITE0, weights)
    network = load_frozen(EfficientNetLite0, read(path), str(path))
    ones = [torch.ones(channels) for channels in network.channels]
    return Perceptual(network, ones, "PD-lite0", digest)


_BACKBONES: dict[str, Callable[[Path | None], Backbone]] = {
    "lite0": partial(_convolutional, "lite0", EfficientNetLite0, published.LITE0, 224),
    "inception": partial(_convolutional, "inception", Inception, published.INCEPTION, 299),
    "vgg16": partial(_convolutional, "vgg16", VGG16, published.VGG16, 224),
    "dinov2": partial(_transformer, "dinov2", dinov2),
    "clip": partial(_transformer, "clip", clip),
}

_DISTANCES: dict[str, Callable[[Path | None], Perceptual]] = {
    "lite0": _lite0_distance,
    "vgg": partial(_lpips, "vgg", VGG16Trunk, published.VGG16, published.VGG16_HEADS),
    "alex": partial(_lpips, "alex", AlexNetTrunk, published.ALEXNET, published.ALEXNET_HEADS),
    "squeeze": partial(_lpips, "squeeze", SqueezeNetTrunk, published.SQUEEZENET, published.SQUEEZENET_HEADS),
}


def list_backbones() -> tuple[str, ...]:
    """Returns the names that `find_backbone` takes.

    >>> list_backbones()
    ('lite0', 'inception', 'vgg16', 'dinov2', 'clip')
    """
    return tuple(_BACKBONES)


def list_perceptual() -> tuple[str, ...]:
    """Returns the names that `find_perceptual` takes.

    >>> list_perceptual()
    ('lite0', 'vgg', 'alex', 'squeeze')
    """
    return tuple(_DISTANCES)


def find_backbone(name: str, weights: Path | None = None, device: torch.device | str = "cpu") -> Backbone:
    """Returns a backbone by its name, on `device`.

    `weights` is a file to take instead of the published one, which is looked for among installed packages, then in
    the cache, then downloaded; of a transformer it is a folder.

    Raises:
        WeightsError: the name is unknown, or the weights are missing, altered or another network's.
        MissingExtraError: the backbone needs a package that is not installed.
    """
    if name not in _BACKBONES:
        raise WeightsError(f"there is no backbone {name!r}{nearest(name, _BACKBONES)}")
    made = _BACKBONES[name](weights)
    made.network.to(device)
    return made


def find_perceptual(name: str, weights: Path | None = None, device: torch.device | str = "cpu") -> Perceptual:
    """Returns a perceptual distance by its network's name, on `device`.

    `vgg`, `alex` and `squeeze` are LPIPS, version 0.1; `lite0` is its uncalibrated baseline on a network that needs
    no download. `weights` is a file of the network's weights to take instead of the published one.

    Raises:
        WeightsError: the name is unknown, or the weights are missing, altered or another network's.
    """
    if name not in _DISTANCES:
        raise WeightsError(f"there is no perceptual distance {name!r}{nearest(name, _DISTANCES)}")
    return _DISTANCES[name](weights).to(device)
