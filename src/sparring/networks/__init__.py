"""Architectures, one a file."""

from sparring.networks.dcgan import DCGANDiscriminator as DCGANDiscriminator
from sparring.networks.dcgan import DCGANGenerator as DCGANGenerator
from sparring.networks.invertible import Invertible as Invertible
from sparring.networks.joint import Joint as Joint
from sparring.networks.joint import JointDiscriminator as JointDiscriminator
from sparring.networks.mlp import MLP as MLP
from sparring.networks.nice import NICE as NICE
from sparring.networks.packed import Packed as Packed
from sparring.networks.patchgan import PatchGAN as PatchGAN
from sparring.networks.progressive import ProgressiveDiscriminator as ProgressiveDiscriminator
from sparring.networks.progressive import ProgressiveGenerator as ProgressiveGenerator
from sparring.networks.real_nvp import RealNVP as RealNVP
from sparring.networks.resnet_translator import ResNetTranslator as ResNetTranslator
from sparring.networks.stylegan import StyleGANGenerator as StyleGANGenerator
from sparring.networks.stylegan2 import StyleGAN2Discriminator as StyleGAN2Discriminator
from sparring.networks.stylegan2 import StyleGAN2Generator as StyleGAN2Generator
from sparring.networks.tiling import tiled as tiled
from sparring.networks.unet import UNet as UNet
