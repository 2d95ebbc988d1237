"""Adaptive instance normalization against its definition."""

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck

from sparring.layers.adaptive import AdaptiveInstanceNorm, adaptive_instance_norm


def normal(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(len(shape)), dtype=torch.float64)


def test_each_channel_has_the_mean_and_deviation_that_its_style_says() -> None:
    images, scales, shifts = 3 + 2 * normal(2, 3, 5, 7), normal(2, 3), normal(2, 3) + 1
    found = adaptive_instance_norm(images, scales, shifts)
    mean = images.mean((2, 3), keepdim=True)
    deviation = (images - mean).square().mean((2, 3), keepdim=True).sqrt()
    torch.testing.assert_close(found, (images - mean) / deviation * scales[..., None, None] + shifts[..., None, None])
    torch.testing.assert_close(found.mean((2, 3)), shifts)
    torch.testing.assert_close(found.std((2, 3), correction=0), scales.abs())


def test_the_layer_scales_by_one_more_than_it_makes_of_the_latent() -> None:
    torch.manual_seed(0)
    layer, images, latents = AdaptiveInstanceNorm(3, 4), normal(2, 3, 5, 7).float(), normal(2, 4).float()
    made = latents @ layer.affine.scaled.t()
    torch.testing.assert_close(layer(images, latents), adaptive_instance_norm(images, 1 + made[:, :3], made[:, 3:]))
    torch.testing.assert_close(layer(images, torch.zeros(2, 4)).std((2, 3), correction=0), torch.ones(2, 3))


@pytest.mark.parametrize("size", [(1, 1), (1, 4), (4, 4)])
def test_a_constant_channel_becomes_its_shift(size: tuple[int, int]) -> None:
    shifts = normal(1, 3).float()
    found = adaptive_instance_norm(torch.full((1, 3, *size), 7.3), torch.ones(1, 3), shifts)
    torch.testing.assert_close(found, shifts[..., None, None].expand(1, 3, *size), rtol=0, atol=1e-2)


def test_layouts_and_an_empty_batch_make_no_difference() -> None:
    images, scales, shifts = normal(2, 8, 6, 6), normal(2, 8), normal(2, 8)
    expected = adaptive_instance_norm(images, scales, shifts)
    found = adaptive_instance_norm(images.contiguous(memory_format=torch.channels_last), scales, shifts)
    torch.testing.assert_close(found, expected)
    assert found.is_contiguous(memory_format=torch.channels_last)
    assert adaptive_instance_norm(images[:0], scales[:0], shifts[:0]).shape == (0, 8, 6, 6)


def test_half_precision_stays_and_is_normalized_in_full() -> None:
    images, scales, shifts = 100 + normal(2, 3, 16, 16).float(), normal(2, 3).float(), normal(2, 3).float()
    half = images.bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        found = adaptive_instance_norm(half, scales, shifts)
    assert found.dtype == torch.bfloat16
    expected = adaptive_instance_norm(half.float(), scales, shifts)
    assert (found - expected).norm() < 0.01 * expected.norm()


def test_derivatives_of_first_and_second_order_match_finite_differences() -> None:
    given = tuple(values.requires_grad_() for values in (normal(2, 2, 3, 2), normal(2, 2), normal(2, 2).clone()))
    assert gradcheck(adaptive_instance_norm, given)
    assert gradgradcheck(adaptive_instance_norm, given)
