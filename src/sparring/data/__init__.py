"""Images for training: sources, batches, checks, packing, and pictures for people."""

from sparring.data.balanced import Balanced
from sparring.data.check import CheckReport, check
from sparring.data.dataset import Dataset
from sparring.data.demonstrations import Demonstrations
from sparring.data.digits import Digits
from sparring.data.domains import Domains
from sparring.data.emoji import Emoji
from sparring.data.environments import Environment, open_environment
from sparring.data.fashion_mnist import FashionMNIST
from sparring.data.gallery import Exhibit, exhibit
from sparring.data.hold_out import HoldOut
from sparring.data.image_files import ImageFiles
from sparring.data.images import Images
from sparring.data.jitter import Jitter
from sparring.data.mnist import MNIST
from sparring.data.openmoji import OpenMoji
from sparring.data.pack import PackedSummary, pack
from sparring.data.paired_images import PairedImages
from sparring.data.pairs import Pairs, SideBySide
from sparring.data.partly_labelled import PartlyLabelled
from sparring.data.pictures import picture, save_image
from sparring.data.pixels import to_pixels
from sparring.data.points import Points
from sparring.data.provenance import Provenance
from sparring.data.source import Source
from sparring.data.sprites import Sprites
from sparring.data.stacked import StackedDigits
from sparring.data.transforms import Downsampled, Edges, Gray, Transform, Transformed
from sparring.data.unpaired import Unpaired, UnpairedImages
from sparring.data.video import save_video
from sparring.data.worlds import Checkerboard, Grid, Line, Mixture, Ring, SwissRoll, TwoMoons

__all__ = [
    "MNIST",
    "Balanced",
    "CheckReport",
    "Checkerboard",
    "Dataset",
    "Demonstrations",
    "Digits",
    "Domains",
    "Downsampled",
    "Edges",
    "Emoji",
    "Environment",
    "Exhibit",
    "FashionMNIST",
    "Gray",
    "Grid",
    "HoldOut",
    "ImageFiles",
    "Images",
    "Jitter",
    "Line",
    "Mixture",
    "OpenMoji",
    "PackedSummary",
    "PairedImages",
    "Pairs",
    "PartlyLabelled",
    "Points",
    "Provenance",
    "Ring",
    "SideBySide",
    "Source",
    "Sprites",
    "StackedDigits",
    "SwissRoll",
    "Transform",
    "Transformed",
    "TwoMoons",
    "Unpaired",
    "UnpairedImages",
    "check",
    "exhibit",
    "open_environment",
    "pack",
    "picture",
    "save_image",
    "save_video",
    "to_pixels",
]
