"""Frozen networks through which images are looked at: for metrics and perceptual distances."""

from sparring.backbones.backbone import Backbone as Backbone
from sparring.backbones.backbone import FeatureNetwork as FeatureNetwork
from sparring.backbones.backbone import Features as Features
from sparring.backbones.backbone import Resizer as Resizer
from sparring.backbones.catalogue import find_backbone as find_backbone
from sparring.backbones.catalogue import find_perceptual as find_perceptual
from sparring.backbones.catalogue import list_backbones as list_backbones
from sparring.backbones.catalogue import list_perceptual as list_perceptual
from sparring.backbones.custom import custom_backbone as custom_backbone
from sparring.backbones.extraction import extract_features as extract_features
from sparring.backbones.perceptual import Perceptual as Perceptual
from sparring.backbones.resizing import resize_for_backbone as resize_for_backbone
