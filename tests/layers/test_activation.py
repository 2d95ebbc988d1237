"""The leaky ReLU of the StyleGAN line."""

import torch
from torch.autograd import gradgradcheck
from torch.nn.functional import leaky_relu

from sparring.layers.activation import GAIN, activate, biased_activation


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
