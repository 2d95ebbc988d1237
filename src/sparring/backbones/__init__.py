"""Frozen networks through which images are looked at: for metrics and perceptual distances."""

from sparring.backbones.backbone import Backbone, FeatureNetwork, Resizer, Seen
from sparring.backbones.catalogue import find_backbone, find_perceptual, list_backbones, list_perceptual
from sparring.backbones.extraction import look
from sparring.backbones.own import own_backbone
from sparring.backbones.perceptual import Perceptual
from sparring.backbones.resizing import resize

__all__ = [
    "Backbone",
    "FeatureNetwork",
    "Perceptual",
    "Resizer",
    "Seen",
    "find_backbone",
    "find_perceptual",
    "list_backbones",
    "list_perceptual",
    "look",
    "own_backbone",
    "resize",
]
