"""Frozen networks through which images are looked at: for metrics and perceptual distances."""

from sparring.backbones.backbone import Backbone, FeatureNetwork, Resizer, Seen

__all__ = ["Backbone", "FeatureNetwork", "Resizer", "Seen"]
