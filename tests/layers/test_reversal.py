"""Gradient reversal: the same value, and gradients of the other sign."""

import pytest
import torch

from sparring.layers.reversal import reverse_gradient


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0, 2.0])
def test_values_pass_and_gradients_come_back_times_minus_the_strength(strength: float) -> None:
    values = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    turned = reverse_gradient(values, strength)
    assert torch.equal(turned, values)
    given = torch.randn(4, 3, dtype=torch.float64)
    (found,) = torch.autograd.grad(turned, values, given)
    torch.testing.assert_close(found, -strength * given)


def test_two_reversals_are_none() -> None:
    values = torch.randn(5, requires_grad=True)
    (found,) = torch.autograd.grad(reverse_gradient(reverse_gradient(values)).square().sum(), values)
    torch.testing.assert_close(found, 2 * values.detach())


def test_a_gradient_of_a_gradient_is_reversed_once_more() -> None:
    values = torch.tensor(3.0, requires_grad=True)
    (slope,) = torch.autograd.grad(reverse_gradient(values, 0.5) ** 2, values, create_graph=True)
    (curvature,) = torch.autograd.grad(slope, values)
    assert slope == -0.5 * 2 * 3
    assert curvature == (-0.5) ** 2 * 2


def test_descent_on_a_reversed_player_ascends() -> None:
    one, other = torch.tensor(1.0, requires_grad=True), torch.tensor(1.0, requires_grad=True)
    (reverse_gradient(one) * other).backward()
    assert one.grad == -1
    assert other.grad == 1
