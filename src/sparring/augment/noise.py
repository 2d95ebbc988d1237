"""Noise on the discriminator's samples."""

from typing import ClassVar

import torch
from torch import Tensor

from sparring.adversary import Augmentation
from sparring.spec.schedule import Constant, NonNegativeScheduled


class InstanceNoise(Augmentation):
    """x + N(0, deviation²) for vectors and images (Sønderby et al. 2017; Arjovsky & Bottou 2017).

    Noise makes the two distributions overlap; a schedule reduces it as they approach each other.
    """

    stationary: ClassVar[bool] = True

    deviation: NonNegativeScheduled = Constant(value=0.1)

    def __call__(self, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
        noise = torch.randn(samples.shape, generator=random, device=samples.device, dtype=samples.dtype)
        return samples + self.deviation.at(images) * noise
