"""Images for training: sources, batches, checks, packing, and pictures for people."""

from sparring.data.digits import Digits
from sparring.data.fashion_mnist import FashionMNIST
from sparring.data.images import Images, to_pixels
from sparring.data.pictures import picture, save_image
from sparring.data.source import Source

__all__ = ["Digits", "FashionMNIST", "Images", "Source", "picture", "save_image", "to_pixels"]
