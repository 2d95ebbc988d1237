"""Convolutions with derivatives of their own, against PyTorch's."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import gradcheck, gradgradcheck
from torch.nn.functional import conv2d, conv_transpose2d

from sparring.layers import convolution
from sparring.layers.convolution import convolve, convolve_transposed

PLANS = [(3, 1, 1), (3, 2, 0), (3, 2, 1), (1, 1, 0)]

every_plan = pytest.mark.parametrize("plan", PLANS, ids=lambda plan: "kernel {}, stride {}, padding {}".format(*plan))


def given(
    kernel: int, size: tuple[int, int] = (5, 6), channels: tuple[int, int] = (3, 4)
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    random = torch.Generator().manual_seed(0)
    inputs, outputs = channels
    shapes = ((2, inputs, *size), (outputs, inputs, kernel, kernel), (inputs, 2, kernel, kernel), (outputs,))
    return tuple(torch.randn(s, generator=random, dtype=torch.float64, requires_grad=True) for s in shapes)  # type: ignore[return-value]


@every_plan
def test_values_and_derivatives_are_pytorchs(plan: tuple[int, int, int]) -> None:
    kernel, stride, padding = plan
    images, weight, transposed, bias = given(kernel)
    pairs = (
        (convolve(images, weight, bias, stride, padding), conv2d(images, weight, bias, stride, padding)),
        (
            convolve_transposed(images, transposed, stride, padding),
            conv_transpose2d(images, transposed, None, stride, padding),
        ),
    )
    for (found, expected), over in zip(pairs, ((images, weight, bias), (images, transposed)), strict=True):
        torch.testing.assert_close(found, expected)
        probe = torch.randn_like(found)
        for one, other in zip(
            torch.autograd.grad(found, over, probe), torch.autograd.grad(expected, over, probe), strict=True
        ):
            torch.testing.assert_close(one, other)


@every_plan
def test_derivatives_of_any_order_are_right(plan: tuple[int, int, int]) -> None:
    kernel, stride, padding = plan
    images, weight, transposed, bias = given(kernel, (3, 4), (1, 2))

    def slope(function: Callable[..., Tensor], *over: Tensor) -> Tensor:
        (found,) = torch.autograd.grad(function(*over).pow(3).sum(), over[0], create_graph=True)
        return found

    def grown(images: Tensor, weight: Tensor) -> Tensor:
        return convolve_transposed(images, weight, stride, padding)

    def shrunk(images: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return convolve(images, weight, bias, stride, padding)

    for function, over in ((grown, (images, transposed)), (shrunk, (images, weight, bias))):
        assert gradcheck(function, over)
        assert gradgradcheck(function, over)
        assert gradcheck(lambda *given, function=function: slope(function, *given), over)


def test_weights_are_not_differentiated_where_only_slopes_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    images, weight, _, bias = given(3)
    calls: list[str] = []
    original = convolution._ByWeight.forward
    monkeypatch.setattr(
        convolution._ByWeight, "forward", staticmethod(lambda *arguments: (calls.append("w"), original(*arguments))[1])
    )
    scores = convolve(images, weight, bias, 1, 1).square().sum()
    (slope,) = torch.autograd.grad(scores, images, create_graph=True)
    assert calls == []
    slope.square().sum().backward()
    assert calls
    assert weight.grad is not None


def test_frozen_weights_get_no_gradients_and_pass_them_on() -> None:
    images, weight, _, bias = given(3)
    weight.requires_grad_(False)
    bias.requires_grad_(False)
    convolve(images, weight, bias, 1, 1).sum().backward()
    assert images.grad is not None
    assert weight.grad is None
    with torch.no_grad():
        assert not convolve(images, weight, bias, 1, 1).requires_grad


def test_autocast_is_followed_and_gradients_keep_the_weights_type() -> None:
    layer, images = nn.Conv2d(3, 4, 3), torch.randn(2, 3, 8, 8, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        found = convolve(images, layer.weight, layer.bias)
        expected = layer(images)
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found, expected)
    found.float().square().sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.dtype == torch.float32
    assert images.grad is not None
    assert images.grad.dtype == torch.float32


def test_layouts_are_kept_and_an_empty_batch_stays_one() -> None:
    images, weight, transposed, bias = given(3, (8, 8))
    layout = torch.channels_last
    weight = weight.detach().contiguous(memory_format=layout).requires_grad_()
    found = convolve(images.contiguous(memory_format=layout), weight, bias, 1, 1)
    assert found.is_contiguous(memory_format=layout)
    found.sum().backward()
    assert weight.grad is not None
    assert weight.grad.stride() == weight.stride()
    assert convolve(images[:0], weight, bias, 1, 1).shape == (0, 4, 8, 8)
    assert convolve_transposed(images[:0], transposed, 2).shape == (0, 2, 17, 17)
