"""Equalized layers and their activation."""

import pytest
import torch
from torch import nn
from torch.autograd import gradgradcheck
from torch.nn.functional import conv2d, leaky_relu

from sparring.layers.equalized import GAIN, EqualizedConvolution, EqualizedLinear, activate, biased_activation


def test_it_is_a_biased_leaky_relu_times_its_gain_within_the_clamp() -> None:
    values, bias = torch.randn(4, 3, 5, 5) * 3, torch.randn(3)
    whole = GAIN * leaky_relu(values + bias[:, None, None], 0.2)
    torch.testing.assert_close(biased_activation(values, bias), whole)
    torch.testing.assert_close(biased_activation(values, bias, clamp=1.5), whole.clamp(-1.5, 1.5))
    torch.testing.assert_close(biased_activation(values[:, :, 0, 0], bias), whole[:, :, 0, 0])
    torch.testing.assert_close(activate(values.clone() * 2), 2 * leaky_relu(values, 0.2))


def test_it_halves_no_second_moment() -> None:
    torch.manual_seed(0)
    found = biased_activation(torch.randn(10000, 4), torch.zeros(4))
    assert abs(found.square().mean().item() - 1.04) < 0.05  # (1 + 0.2²) / 2 · √2²


def test_second_derivatives_are_right() -> None:
    values = torch.randn(2, 3, 2, 2, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(3, dtype=torch.float64, requires_grad=True)
    assert gradgradcheck(lambda *given: biased_activation(*given).square(), (values, bias))


def test_a_linear_layer_scales_its_stored_weights() -> None:
    layer, given = EqualizedLinear(9, 4, bias=2.0), torch.randn(5, 9)
    expected = given @ layer.weight.t() / 3 + 2
    torch.testing.assert_close(layer(given), expected)
    torch.testing.assert_close(layer(given, 1.5), expected * 1.5)


@pytest.mark.parametrize("size", [2, 40], ids=["weights are more", "images are more"])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_convolution_scales_its_stored_weights(size: int, stride: int) -> None:
    layer, given = EqualizedConvolution(4, 8, 3, stride), torch.randn(1, 4, size + 1, size + 1)
    nn.init.normal_(layer.get_parameter("bias"))
    expected = conv2d(given, layer.weight / 6, layer.bias, stride, padding=1 if stride == 1 else 0)
    torch.testing.assert_close(layer(given), expected)
    torch.testing.assert_close(layer(given, 0.5), expected / 2)
    assert EqualizedConvolution(4, 8, 1, bias=False).bias is None


def test_a_linear_layer_stays_in_full_precision() -> None:
    layer, given = EqualizedLinear(9, 4), torch.randn(5, 9)
    with torch.autocast("cpu", torch.bfloat16):
        found = layer(given)
        assert layer(given.bfloat16()).dtype == torch.float32
    assert torch.equal(found, layer(given))


def test_stored_weights_have_unit_variance_and_outputs_keep_that_of_the_inputs() -> None:
    torch.manual_seed(0)
    for rate in (1.0, 0.01):
        layer = EqualizedLinear(500, 400, rate)
        assert (layer.weight * rate).std().item() == pytest.approx(1, abs=0.01)
        assert layer(torch.randn(200, 500)).std().item() == pytest.approx(1, abs=0.02)


def test_a_rate_slows_the_outputs_down_under_an_optimizer_that_normalizes() -> None:
    moved = []
    for rate in (1.0, 0.01):
        torch.manual_seed(0)
        layer, given = EqualizedLinear(50, 50, rate), torch.randn(20, 50)
        before = layer(given)
        optimizer = torch.optim.Adam(layer.parameters(), lr=1e-3)
        before.square().sum().backward()
        optimizer.step()
        moved.append((layer(given) - before).norm().item())
    assert moved[1] == pytest.approx(moved[0] / 100, rel=0.02)
