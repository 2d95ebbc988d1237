"""What augmentations of images share."""

from sparring.adversary import Augmentation
from sparring.errors import ShapeError
from sparring.network import Shape


class ImageAugmentation(Augmentation):
    """What all members share: they transform images [N, C, H, W] and nothing else."""

    def check(self, sample: Shape) -> None:
        if len(sample) != 3:
            raise ShapeError(
                f"{self.kind()} transforms images (C, H, W), and these samples are {sample}; "
                "InstanceNoise takes samples of any shape"
            )
