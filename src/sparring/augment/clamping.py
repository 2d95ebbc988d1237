"""Images as they are once they are saved: no value beyond black and white."""

from typing import Any, ClassVar

import torch
from torch import Tensor

from sparring.augment.images import ImageAugmentation


class Clamp(ImageAugmentation):
    """Cuts values off at -1 and 1, as saving does.

    Drawings, and the opacity of cut-out pictures, lie at the ends of the range in most of their pixels. A generator
    without a bounded output meets these to a few percent at best, and by that alone a discriminator can tell its
    images; behind this one, whatever is beyond an end is that end. Gradients that would move a value further out are
    0, those that would bring it back in pass, so that no pixel gets stuck outside.
    """

    steady: ClassVar[bool] = True

    def __call__(self, samples: Tensor, random: torch.Generator, images: int) -> Tensor:  # noqa: D102
        clamped: Tensor = _Clamped.apply(samples)  # type: ignore[no-untyped-call]
        return clamped


class _Clamped(torch.autograd.Function):
    """Values cut off at -1 and 1; what minimizes a loss may move them inwards from outside, and never outwards."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        ctx.save_for_backward(values)
        return values.clamp(-1, 1)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Tensor:
        (values,) = ctx.saved_tensors
        outwards = ((values > 1) & (slope < 0)) | ((values < -1) & (slope > 0))
        return slope.masked_fill(outwards, 0)
