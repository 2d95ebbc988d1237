"""Pairs from single images: each image with its transform."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Self

import torch
from pydantic import PositiveInt, model_validator
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, interpolate, pad

from sparring.data.jitter import Jitter
from sparring.data.paired_images import PairedImages
from sparring.data.pairs import refuse_mirrors
from sparring.data.size import ImageSize, height_width
from sparring.data.source import Loading, Source
from sparring.errors import DataError
from sparring.spec import Family
from sparring.tensors.compositing import composite_colours

_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as in Pillow


class Transform(Family):
    """A fixed function of an image that keeps height and width; its result is what the image is generated from."""

    @abstractmethod
    def __call__(self, images: Tensor) -> Tensor:
        """Returns [N, C', H, W] in [-1, 1] of `images` [N, C, H, W] in [-1, 1].

        Raises:
            DataError: images that it does not apply to.
        """


class Gray(Transform):
    """The shades of colours, 0.299 R + 0.587 G + 0.114 B; opacity stays as the last channel."""

    def __call__(self, images: Tensor) -> Tensor:
        channels = images.shape[1]
        if channels not in (3, 4):
            raise DataError(f"data.transform: Gray takes RGB or RGBA; the images have {channels} channels")
        shade = torch.einsum("nchw,c->nhw", images[:, :3], images.new_tensor(_LUMA)).unsqueeze(1)
        return torch.cat((shade, images[:, 3:]), 1)


class Edges(Transform):
    """White lines on black where colour or opacity changes: the norm of Sobel's gradient, the largest of all channels.

    A step from the darkest to the lightest is 1; `strength` scales that, values above 1 are clipped.
    """

    strength: float = 1.0

    def __call__(self, images: Tensor) -> Tensor:
        values = (composite_colours(images, -1.0) + 1) / 2
        count, channels, height, width = values.shape
        across = images.new_tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]) / 4
        kernels = torch.stack((across, across.T)).unsqueeze(1)
        padded = pad(values.reshape(count * channels, 1, height, width), (1, 1, 1, 1), mode="replicate")
        gradients = conv2d(padded, kernels).square().sum(1).sqrt().reshape(count, channels, height, width)
        return (self.strength * gradients.amax(1, keepdim=True)).clamp(0, 1) * 2 - 1


class Downsampled(Transform):
    """The mean of every `factor` x `factor` pixels, enlarged again bilinearly: the input of super-resolution."""

    factor: PositiveInt = 4

    def __call__(self, images: Tensor) -> Tensor:
        height, width = images.shape[2:]
        if height % self.factor or width % self.factor:
            raise DataError(f"data.transform: images of {height}x{width} cannot be divided by factor={self.factor}")
        small = avg_pool2d(images, self.factor)
        return interpolate(small, size=(height, width), mode="bilinear", align_corners=False)


class Transformed(Source):
    """Images of any source as targets, and the `transform` of each as its source.

    The transform is computed whenever images are read. `crop` and `mirror` are those of `Pairs`.
    """

    images: Source
    transform: Transform = Edges()
    crop: ImageSize | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse_mirrors(self.images)
        return self

    def load(self, loading: Loading = Loading()) -> PairedImages:
        """Returns the pairs; raises as `images` does, and `DataError` for images that cannot be transformed."""
        images = self.images.load(loading)
        if len(images.shape) != 3:
            raise DataError(f"data.images: {images.name} holds samples of shape {images.shape}; needs images [C, H, W]")
        jitter = Jitter(self.mirror, None if self.crop is None else height_width(self.crop))
        return PairedImages(images, _Transforming(self.transform), f"{images.name} from {self.transform!r}", jitter)


@dataclass(frozen=True)
class _Transforming:
    """Images as targets, and their transforms as sources."""

    transform: Transform

    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        return images, self.transform(images)

    def __repr__(self) -> str:
        return f"_Beside(transform={self.transform!r})"  # part of the digest by which runs recognize their data
