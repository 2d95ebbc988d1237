"""Images for training: sources, batches, checks, packing, and pictures for people."""

from sparring.data.check import CheckReport, check
from sparring.data.digits import Digits
from sparring.data.fashion_mnist import FashionMNIST
from sparring.data.image_files import ImageFiles
from sparring.data.images import Images, to_pixels
from sparring.data.pack import PackedSummary, pack
from sparring.data.pictures import picture, save_image
from sparring.data.source import Source

__all__ = [
    "CheckReport",
    "Digits",
    "FashionMNIST",
    "ImageFiles",
    "Images",
    "PackedSummary",
    "Source",
    "check",
    "pack",
    "picture",
    "save_image",
    "to_pixels",
]
