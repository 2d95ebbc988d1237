"""Backbones and perceptual distances by name; each registers itself in the file of its network."""

from collections.abc import Callable
from pathlib import Path

import torch

from sparring.backbones.backbone import Backbone
from sparring.backbones.perceptual import Perceptual
from sparring.errors import WeightsError, nearest

BackboneLoader = Callable[[Path | None], Backbone]
PerceptualLoader = Callable[[Path | None], Perceptual]

_BACKBONES: dict[str, BackboneLoader] = {}
_DISTANCES: dict[str, PerceptualLoader] = {}


def register_backbone(name: str, load: BackboneLoader) -> None:
    """Registers a backbone; `load` takes the path of the user's weights, or None for the published ones."""
    _BACKBONES[name] = load


def register_perceptual(name: str, load: PerceptualLoader) -> None:
    """Registers a perceptual distance; `load` takes the path of the user's weights, or None for the published ones."""
    _DISTANCES[name] = load


def list_backbones() -> tuple[str, ...]:
    """Returns the names that `find_backbone` takes.

    >>> list_backbones()
    ('lite0', 'inception', 'vgg16', 'dinov2', 'clip')
    """
    return tuple(_BACKBONES)


def list_perceptual() -> tuple[str, ...]:
    """Returns the names that `find_perceptual` takes.

    >>> list_perceptual()
    ('alex', 'lite0', 'squeeze', 'vgg')
    """
    return tuple(_DISTANCES)


def find_backbone(name: str, weights: Path | None = None, device: torch.device | str = "cpu") -> Backbone:
    """Returns the backbone `name` on `device`.

    `weights` is a file (for a transformer, a folder) to use instead of the published weights, which are looked up among
    installed packages, then in the cache, then downloaded.

    Raises:
        WeightsError: the name is unknown, or the weights are missing, modified or another network's.
        MissingExtraError: the backbone needs a package that is not installed.
    """
    if name not in _BACKBONES:
        raise WeightsError(f"there is no backbone {name!r}{nearest(name, _BACKBONES)}")
    backbone = _BACKBONES[name](weights)
    backbone.network.to(device)
    return backbone


def find_perceptual(name: str, weights: Path | None = None, device: torch.device | str = "cpu") -> Perceptual:
    """Returns the perceptual distance of the network `name` on `device`.

    `vgg`, `alex` and `squeeze` are LPIPS, version 0.1; `lite0` is its uncalibrated baseline on a network that needs
    no download. `weights` is a file of the network's weights to use instead of the published ones.

    Raises:
        WeightsError: the name is unknown, or the weights are missing, modified or another network's.
    """
    if name not in _DISTANCES:
        raise WeightsError(f"there is no perceptual distance {name!r}{nearest(name, _DISTANCES)}")
    return _DISTANCES[name](weights).to(device)
