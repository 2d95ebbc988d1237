"""Images with opacity as viewers show them."""

from typing import Annotated, Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from sparring.augment.images import ImageAugmentation
from sparring.tensors.compositing import composite_colours, has_opacity


class Composite(ImageAugmentation):
    """Composites images with opacity, the last of two or four channels, over `ground`; the opacity channel stays.

    Hidden colours of transparent pixels are then nothing to learn, edges are as smooth as they look, and later
    augmentations mix pixels by their visible part. `ground` is from black (-1) to white (1).

    Before that, values are clamped to [-1, 1], like in saving. Cut-out pictures are exactly transparent or exactly
    opaque in most of their pixels; a generator without a bounded output reaches that to a few percent at best, which
    alone would give its images away. Gradients that would move a value further out are 0, those that would bring
    it back in pass, which keeps pixels from getting stuck outside.

    Images without opacity stay as they are. Four channels always count as RGBA: do not use it on other data.
    """

    stationary: ClassVar[bool] = True

    ground: Annotated[float, Field(ge=-1, le=1)] = 1.0

    def __call__(self, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
        if not has_opacity(samples):
            return samples
        clamped: Tensor = _Clamped.apply(samples)  # type: ignore[no-untyped-call]
        return composite_colours(clamped, self.ground)


class _Clamped(torch.autograd.Function):
    """Values clamped to [-1, 1]; outside, gradient descent may move them inwards and never outwards."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        ctx.save_for_backward(values)
        return values.clamp(-1, 1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (values,), gradient = ctx.saved_tensors, gradients[0]
        outwards = ((values > 1) & (gradient < 0)) | ((values < -1) & (gradient > 0))
        return gradient.masked_fill(outwards, 0)
