"""Checkpoints of other projects in."""

from sparring.interop.published import PublishedNetwork as PublishedNetwork
from sparring.interop.published import read_published as read_published
from sparring.interop.stylegan2 import Converted as Converted
from sparring.interop.stylegan2 import convert_discriminator as convert_discriminator
from sparring.interop.stylegan2 import convert_generator as convert_generator
