"""Modulated convolutions against weights that are modulated for each sample, with grouped convolutions in float64."""

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import gradgradcheck
from torch.nn.functional import conv2d, conv_transpose2d, leaky_relu

from sparring.layers.modulation import (
    NoiseInput,
    StyledConvolution,
    ToImage,
    UpsamplingStyledConvolution,
    modulated_convolution,
)
from sparring.layers.resampling import normalize_taps


def modulated_weights(weight: Tensor, styles: Tensor) -> Tensor:
    """Returns [N, O, I, K, K]: eqs. 1 and 3 of Karras et al. 2020."""
    modulated = styles[:, None, :, None, None] * weight[None]
    return modulated / (modulated.square().sum((2, 3, 4), keepdim=True) + 1e-8).sqrt()


def grouped(images: Tensor, weights: Tensor) -> Tensor:
    count, outputs = weights.shape[:2]
    found = conv2d(images.flatten(0, 1)[None], weights.flatten(0, 1), padding=weights.shape[-1] // 2, groups=count)
    return found.view(count, outputs, *images.shape[2:])


def test_noise_has_one_strength_or_one_for_each_channel() -> None:
    one, each, noise = NoiseInput((4, 5)), NoiseInput((4, 5), channels=3), torch.randn(2, 1, 4, 5)
    assert one.strength.shape == ()
    assert not each(noise).any()
    with torch.no_grad():
        each.strength += torch.tensor([1.0, 2, 3])[:, None, None]
    torch.testing.assert_close(each(noise), torch.cat((noise, 2 * noise, 3 * noise), 1))


def given(kernel: int = 3) -> tuple[Tensor, Tensor, Tensor]:
    random = torch.Generator().manual_seed(0)
    shapes = ((3, 4, 5, 7), (3, 4), (6, 4, kernel, kernel))
    images, styles, weight = (torch.randn(shape, generator=random, dtype=torch.float64) for shape in shapes)
    return images, styles, weight


def filled(layer: nn.Module) -> nn.Module:
    """Returns `layer` in float64 with no parameter at zero."""
    torch.manual_seed(0)
    for parameter in layer.parameters():
        nn.init.normal_(parameter)
    return layer.double()


@pytest.mark.parametrize("kernel", [1, 3])
def test_scaled_activations_are_modulated_weights(kernel: int) -> None:
    images, styles, weight = given(kernel)
    found = modulated_convolution(images, styles, weight)
    torch.testing.assert_close(found, grouped(images, modulated_weights(weight, styles)))


def test_first_and_second_derivatives_are_right() -> None:
    images, styles, weight = (one.requires_grad_() for one in given())
    together = (images[:2, :, :2, :3], styles[:2], weight[:2])
    assert gradgradcheck(modulated_convolution, together)
    expected = grouped(images, modulated_weights(weight, styles))
    found = modulated_convolution(images, styles, weight)
    probe = torch.randn(found.shape, dtype=torch.float64)
    for one, other in zip(
        torch.autograd.grad(found, (images, styles, weight), probe),
        torch.autograd.grad(expected, (images, styles, weight), probe),
        strict=True,
    ):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("clamp", [None, 0.7])
@pytest.mark.parametrize("gain", [1.0, 0.5])
def test_a_styled_convolution_is_weights_noise_bias_and_activation(clamp: float | None, gain: float) -> None:
    layer = filled(StyledConvolution(4, 6, 5, (5, 7), clamp))
    assert isinstance(layer, StyledConvolution)
    (images, _, _), latents = given(), torch.randn(3, 5, dtype=torch.float64)
    noise = torch.randn(3, 1, 5, 7, dtype=torch.float64)
    styles = latents @ layer.affine.weight.t() / 5**0.5 + layer.affine.bias
    plain = grouped(images, modulated_weights(layer.weight, styles))
    for added, expected in ((noise, plain + noise * layer.noise.strength), (None, plain)):
        expected = gain * 2**0.5 * leaky_relu(expected + layer.bias[:, None, None], 0.2)
        expected = expected if clamp is None else expected.clamp(-clamp * gain, clamp * gain)
        torch.testing.assert_close(layer(images, latents, added, gain), expected)


@pytest.mark.parametrize("size", [(10, 14), (9, 13), (10, 13)], ids=str)
def test_an_upsampling_layer_convolves_transposed_and_filters(size: tuple[int, int]) -> None:
    layer = filled(UpsamplingStyledConvolution(4, 6, 5, size))
    assert isinstance(layer, UpsamplingStyledConvolution)
    (images, _, _), latents = given(), torch.randn(3, 5, dtype=torch.float64)
    styles = latents @ layer.affine.weight.t() / 5**0.5 + layer.affine.bias
    taps = normalize_taps((1, 3, 3, 1)).double()
    kernel = (4 * taps[:, None] * taps).expand(6, 1, 4, 4)
    weights = modulated_weights(layer.weight.transpose(0, 1), styles).transpose(1, 2)
    grown = torch.cat([conv_transpose2d(one[None], own, stride=2) for one, own in zip(images, weights, strict=True)])
    whole = leaky_relu(conv2d(grown, kernel, layer.bias, padding=1, groups=6), 0.2) * 2**0.5
    torch.testing.assert_close(layer(images, latents, None), whole[:, :, : size[0], : size[1]])


def test_an_image_comes_from_modulated_weights_that_are_not_demodulated() -> None:
    layer = filled(ToImage(4, 3, 5))
    assert isinstance(layer, ToImage)
    (images, _, _), latents = given(), torch.randn(3, 5, dtype=torch.float64)
    styles = (latents @ layer.affine.weight.t() / 5**0.5 + layer.affine.bias) / 2
    expected = torch.einsum("nihw,oi,ni->nohw", images, layer.weight, styles) + layer.bias[:, None, None]
    torch.testing.assert_close(layer(images, latents), expected)
    assert ToImage(4, 3, 5, clamp=0.1).double()(images, latents).abs().max() <= 0.1


def test_noise_begins_without_effect_and_its_strength_is_learned() -> None:
    layer = NoiseInput((4, 6))
    assert layer.constant.shape == (1, 1, 4, 6)
    assert "constant" in layer.state_dict()
    assert not layer(layer.constant).any()
    layer(layer.constant).square().sum().add(layer(layer.constant).sum()).backward()
    assert layer.strength.grad is not None
    assert layer.strength.grad.item() == pytest.approx(layer.constant.sum().item(), rel=1e-4)


def test_half_precision_changes_little() -> None:
    torch.manual_seed(0)
    layer, latents, noise = UpsamplingStyledConvolution(8, 6, 5, (8, 8)), torch.randn(3, 5), torch.randn(1, 1, 8, 8)
    images = torch.randn(3, 8, 4, 4)
    expected = layer(images, latents, noise)
    with torch.autocast("cpu", torch.bfloat16):
        found = layer(images.bfloat16(), latents, noise)
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.float(), expected, rtol=0.05, atol=0.05)
