"""Frozen feature extractors, for metrics and perceptual distances."""

from sparring.backbones.alexnet import AlexNetTrunk as AlexNetTrunk
from sparring.backbones.backbone import Backbone as Backbone
from sparring.backbones.backbone import FeatureNetwork as FeatureNetwork
from sparring.backbones.backbone import Features as Features
from sparring.backbones.backbone import Resizer as Resizer
from sparring.backbones.custom import custom_backbone as custom_backbone
from sparring.backbones.efficientnet import EfficientNetLite0 as EfficientNetLite0
from sparring.backbones.extraction import extract_features as extract_features
from sparring.backbones.inception import Inception as Inception
from sparring.backbones.perceptual import Perceptual as Perceptual
from sparring.backbones.registry import find_backbone as find_backbone
from sparring.backbones.registry import find_perceptual as find_perceptual
from sparring.backbones.registry import list_backbones as list_backbones
from sparring.backbones.registry import list_perceptual as list_perceptual
from sparring.backbones.resizing import resize_for_backbone as resize_for_backbone
from sparring.backbones.squeezenet import SqueezeNetTrunk as SqueezeNetTrunk
from sparring.backbones.vgg import VGG16 as VGG16
from sparring.backbones.vgg import VGG16Trunk as VGG16Trunk
from sparring.backbones.vision_transformers import Transformer as Transformer
