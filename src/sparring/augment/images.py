"""Base class of the augmentations of images."""

from sparring.adversary import Augmentation
from sparring.errors import ShapeError
from sparring.network import Shape


class ImageAugmentation(Augmentation):
    """An augmentation of images [N, C, H, W] only."""

    def check(self, sample: Shape) -> None:
        if len(sample) != 3:
            raise ShapeError(
                f"{self.kind()} transforms images (C, H, W), and these samples are {sample}; "
                "InstanceNoise takes samples of any shape"
            )
