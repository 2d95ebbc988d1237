"""Architectures, one a file."""

from sparring.networks.dcgan import DCGANDiscriminator as DCGANDiscriminator
from sparring.networks.dcgan import DCGANGenerator as DCGANGenerator
from sparring.networks.mlp import MLP as MLP
from sparring.networks.packed import Packed as Packed
