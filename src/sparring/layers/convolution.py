"""Convolutions whose derivatives of any order are as fast as themselves.

A convolution is linear in its images and in its weights, and so are its derivatives. There are three operations,
y = x ∗ w, its adjoint by the images, and its adjoint by the weights, and the derivatives of each are the other two.
PyTorch's own derivative of a convolution's derivative makes weight gradients by convolutions with kernels as large as
images, which is most of the cost of a gradient penalty.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import conv2d, conv_transpose2d

from sparring.layers.grids import Size

Plan = tuple[int, int]
"""Stride and padding."""


def convolve(images: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1, padding: int = 0) -> Tensor:
    """Returns `conv2d`, [N, O, H', W'], of `images` [N, I, H, W], `weight` [O, I, K, K] and `bias` [O]."""
    return _shrink(_cast(images), _cast(weight), bias, (stride, padding))


def convolve_transposed(images: Tensor, weight: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    """Returns `conv_transpose2d`, [N, O, H', W'], of `images` [N, I, H, W] and `weight` [I, O, K, K]."""
    height, width = ((side - 1) * stride + weight.shape[2] - 2 * padding for side in images.shape[2:])
    return _grow(_cast(images), _cast(weight), (stride, padding), (height, width))


def _shrink(images: Tensor, weight: Tensor, bias: Tensor | None, plan: Plan) -> Tensor:
    stride, padding = plan
    height, width = ((side + 2 * padding - weight.shape[2]) // stride + 1 for side in images.shape[2:])
    shape = (len(images), weight.shape[0], height, width)
    tie = _call(_Tie, weight, bias, (images,), shape, plan, False)
    return _call(_Shrinking, images, tie, (weight, bias), plan)


def _grow(images: Tensor, weight: Tensor, plan: Plan, size: Size) -> Tensor:
    """Returns the adjoint by the images: a transposed convolution to images of `size`."""
    tie = _call(_Tie, weight, None, (images,), (len(images), weight.shape[1], *size), plan, True)
    return _call(_Growing, images, tie, weight, plan, size)


class _Tie(torch.autograd.Function):
    """Zeros of the shape of the outputs, without memory, through which their gradients reach the weights.

    A separate autograd node from the images' (which come in a tuple, hidden from autograd): if only gradients by the
    images are needed, as in penalties, none by the weights are computed.
    """

    @staticmethod
    def forward(
        ctx: Any, weight: Tensor, bias: Tensor | None, images: tuple[Tensor], shape: Any, plan: Plan, transposed: bool
    ) -> Tensor:
        ctx.save_for_backward(*images, weight)
        ctx.plan, ctx.transposed = plan, transposed
        return images[0].new_zeros(()).expand(shape)

    @staticmethod
    def backward(ctx: Any, gradients: Tensor) -> tuple[Tensor | None, ...]:
        images, weight = ctx.saved_tensors
        by_weight, by_bias = ctx.needs_input_grad[:2]
        larger, smaller = (gradients, images) if ctx.transposed else (images, gradients)
        return (
            _call(_ByWeight, larger, smaller, weight.detach(), ctx.plan) if by_weight else None,
            gradients.sum((0, 2, 3)) if by_bias else None,
            *[None] * 4,
        )


class _Shrinking(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, images: Tensor, tie: Tensor, parameters: tuple[Tensor, Tensor | None], plan: Plan) -> Tensor:
        weight, bias = parameters
        ctx.save_for_backward(weight)
        ctx.plan, ctx.size = plan, images.shape[2:]
        with torch.autocast(images.device.type, enabled=False):
            return conv2d(images, weight, None if bias is None else bias.to(images.dtype), *plan)

    @staticmethod
    def backward(ctx: Any, gradients: Tensor) -> tuple[Tensor | None, ...]:
        (weight,) = ctx.saved_tensors
        by_images = _grow(gradients, weight, ctx.plan, ctx.size) if ctx.needs_input_grad[0] else None
        return by_images, gradients, None, None


class _Growing(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, images: Tensor, tie: Tensor, weight: Tensor, plan: Plan, size: Size) -> Tensor:
        ctx.save_for_backward(weight)
        ctx.plan = plan
        (stride, padding), kernel = plan, weight.shape[2]
        if stride > 1 and images.dtype != torch.float32:  # up to twice as fast here as a transposed convolution
            last = images.is_contiguous(memory_format=torch.channels_last)
            layout = torch.channels_last if last else torch.contiguous_format
            shape = (len(images), weight.shape[1], *size)
            like = torch.empty(shape, dtype=images.dtype, device=images.device, memory_format=layout)
            return _differentiate(images, like, weight, plan, 0)
        sides = zip(size, images.shape[2:], strict=True)
        output_padding = [wanted - ((side - 1) * stride + kernel - 2 * padding) for wanted, side in sides]
        with torch.autocast(images.device.type, enabled=False):
            return conv_transpose2d(images, weight, None, stride, padding, output_padding)

    @staticmethod
    def backward(ctx: Any, gradients: Tensor) -> tuple[Tensor | None, ...]:
        (weight,) = ctx.saved_tensors
        by_images = _shrink(gradients, weight, None, ctx.plan) if ctx.needs_input_grad[0] else None
        return by_images, gradients, None, None, None


class _ByWeight(torch.autograd.Function):
    """The adjoint by the weights; `like` has their shape and layout."""

    @staticmethod
    def forward(ctx: Any, images: Tensor, gradients: Tensor, like: Tensor, plan: Plan) -> Tensor:
        ctx.save_for_backward(images, gradients)
        ctx.plan = plan
        return _differentiate(gradients, images, like, plan, 1)

    @staticmethod
    def backward(ctx: Any, second: Tensor) -> tuple[Tensor | None, ...]:
        images, gradients = ctx.saved_tensors
        by_images, by_gradients = ctx.needs_input_grad[:2]
        return (
            _grow(gradients, second, ctx.plan, images.shape[2:]) if by_images else None,
            _shrink(images, second, None, ctx.plan) if by_gradients else None,
            None,
            None,
        )


def _differentiate(gradients: Tensor, images: Tensor, weight: Tensor, plan: Plan, by: int) -> Tensor:
    """Returns PyTorch's derivative of a convolution by its images (0) or weight (1), whose values are not used."""
    stride, padding = plan
    settings = ([stride] * 2, [padding] * 2, [1, 1], False, [0, 0], 1, [by == 0, by == 1, False])
    with torch.autocast(images.device.type, enabled=False):
        derivative: Tensor = torch.ops.aten.convolution_backward(gradients, images, weight, None, *settings)[by]
        return derivative


def _call(function: Any, *arguments: Any) -> Tensor:
    output: Tensor = function.apply(*arguments)
    return output


def _cast(tensor: Tensor) -> Tensor:
    """Returns `tensor` in the dtype of convolutions under autocast, if that is enabled."""
    kind = tensor.device.type
    return tensor.to(torch.get_autocast_dtype(kind)) if torch.is_autocast_enabled(kind) else tensor
