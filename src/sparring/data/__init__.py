"""Images for training: sources, batches, checks, packing, and pictures for people."""

from sparring.data.check import CheckReport, check
from sparring.data.dataset import Dataset
from sparring.data.digits import Digits
from sparring.data.fashion_mnist import FashionMNIST
from sparring.data.image_files import ImageFiles
from sparring.data.images import Images
from sparring.data.pack import PackedSummary, pack
from sparring.data.pictures import picture, save_image
from sparring.data.pixels import to_pixels
from sparring.data.points import Points
from sparring.data.source import Source
from sparring.data.stacked import StackedDigits
from sparring.data.worlds import Checkerboard, Grid, Line, Mixture, Ring, SwissRoll, TwoMoons

__all__ = [
    "CheckReport",
    "Checkerboard",
    "Dataset",
    "Digits",
    "FashionMNIST",
    "Grid",
    "ImageFiles",
    "Images",
    "Line",
    "Mixture",
    "PackedSummary",
    "Points",
    "Ring",
    "Source",
    "StackedDigits",
    "SwissRoll",
    "TwoMoons",
    "check",
    "pack",
    "picture",
    "save_image",
    "to_pixels",
]
