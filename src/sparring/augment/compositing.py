"""Images with opacity, seen as they look."""

from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from sparring.augment.images import ImageAugmentation
from sparring.layers.compositing import lay_colours_over


class Composite(ImageAugmentation):
    """Lays the colours of images with opacity (the last of two or four channels) over `ground`, and keeps opacity.

    A discriminator sees each image as it looks, and its opacity beside . So what lies hidden where an image is
    transparent is nothing to learn, edges are as smooth as they look, and augmentations that come after mix pixels
    by what is seen of them. `ground` is from black (-1) to white (1). Images without opacity stay as they are.
    """

    steady: ClassVar[bool] = True

    ground: Annotated[float, Field(ge=-1, le=1)] = 1.0

    def __call__(self, samples: Tensor, random: torch.Generator, images: int) -> Tensor:  # noqa: D102
        return lay_colours_over(samples, self.ground)
