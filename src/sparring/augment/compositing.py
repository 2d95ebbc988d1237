"""Images with opacity, seen as they look once they are saved."""

from typing import Annotated, Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from sparring.augment.images import ImageAugmentation
from sparring.tensors.compositing import has_opacity, lay_colours_over


class Composite(ImageAugmentation):
    """Shows images with opacity, the last of two or four channels, as they look: colours over `ground`, opacity beside.

    So what lies hidden where an image is transparent is nothing to learn, edges are as smooth as they look, and
    augmentations that come after mix pixels by what is seen of them. `ground` is from black (-1) to white (1).

    Before that, values are cut off at -1 and 1, as saving does. Cut-out pictures are exactly transparent or exactly
    opaque in most of their pixels; a generator without a bounded output meets that to a few percent at best, and by
    that alone a discriminator can tell its images. Gradients that would move a value further out are 0, those that
    would bring it back in pass, so that no pixel gets stuck outside.

    Images without opacity stay as they are. Four bands that are no RGBA are taken for it: do without on such data.
    """

    stationary: ClassVar[bool] = True

    ground: Annotated[float, Field(ge=-1, le=1)] = 1.0

    def __call__(self, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
        if not has_opacity(samples):
            return samples
        clamped: Tensor = _Clamped.apply(samples)  # type: ignore[no-untyped-call]
        return lay_colours_over(clamped, self.ground)


class _Clamped(torch.autograd.Function):
    """Values cut off at -1 and 1; what minimizes a loss may move them inwards from outside, and never outwards."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        ctx.save_for_backward(values)
        return values.clamp(-1, 1)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> Tensor:
        (values,) = ctx.saved_tensors
        outwards = ((values > 1) & (slopes[0] < 0)) | ((values < -1) & (slopes[0] > 0))
        return slopes[0].masked_fill(outwards, 0)
