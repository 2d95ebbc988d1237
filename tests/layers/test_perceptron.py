"""The perceptron in one operation equals its plain statement, derivatives of every order included."""

from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from sparring.layers.perceptron import perceptron, perceptron_with_gradient, reference
from sparring.network import Condition, input_gradient
from sparring.networks import MLP

SLOPES = [0.0, 0.2, 1.0]


def weights(outputs: int = 1, depth: int = 3) -> list[Tensor]:
    torch.manual_seed(0)
    sizes = [3, *[5] * depth, outputs]
    pairs = [nn.Linear(low, high).double() for low, high in pairwise(sizes)]
    return [parameter for layer in pairs for parameter in layer.parameters()]


def inputs() -> Tensor:
    return torch.randn(7, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1), requires_grad=True)


def reference_with_gradient(samples: Tensor, slope: float, held: list[Tensor]) -> tuple[Tensor, Tensor]:
    return input_gradient(lambda given: reference(given, slope, held), samples)


def objective(scores: Tensor, gradients: Tensor) -> Tensor:
    return torch.nn.functional.softplus(scores).mean() + gradients.square().sum(1).sqrt().mean() * 3


def derivatives(function: Callable[[Tensor, list[Tensor]], Tensor], order: int) -> list[Tensor]:
    """Differentiates `function` so many times by everything, each time after a sum of squares."""
    samples, held = inputs(), weights()
    value = function(samples, held)
    found = [value]
    for _ in range(order):
        found = list(
            torch.autograd.grad(value, [samples, *held], create_graph=True, allow_unused=True, materialize_grads=True)
        )
        value = sum((one.square().sum() for one in found), torch.zeros((), dtype=torch.float64))
    return found


@pytest.mark.parametrize("slope", SLOPES)
@pytest.mark.parametrize("depth", [0, 1, 3])
@pytest.mark.parametrize("outputs", [1, 4])
def test_outputs_are_those_of_the_reference(slope: float, depth: int, outputs: int) -> None:
    held = weights(outputs, depth)
    torch.testing.assert_close(perceptron(inputs(), slope, held), reference(inputs(), slope, held))


@pytest.mark.parametrize("slope", SLOPES)
@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_derivatives_of_every_order_are_those_of_the_reference(slope: float, order: int) -> None:
    fast = derivatives(lambda x, w: perceptron(x, slope, w).square().mean(), order)
    plain = derivatives(lambda x, w: reference(x, slope, w).square().mean(), order)
    for ours, theirs in zip(fast, plain, strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("slope", SLOPES)
@pytest.mark.parametrize("order", [0, 1, 2])
def test_derivatives_of_scores_and_gradients_are_those_of_the_reference(slope: float, order: int) -> None:
    fast = derivatives(lambda x, w: objective(*perceptron_with_gradient(x, slope, w)), order)
    plain = derivatives(lambda x, w: objective(*reference_with_gradient(x, slope, w)), order)
    for ours, theirs in zip(fast, plain, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_derivatives_match_finite_differences() -> None:
    held = weights()
    assert torch.autograd.gradcheck(lambda x, *w: perceptron(x, 0.2, w), (inputs(), *held))
    assert torch.autograd.gradcheck(lambda x, *w: perceptron_with_gradient(x, 0.2, w), (inputs(), *held))


def test_frozen_weights_get_no_gradients() -> None:
    held = [weight.requires_grad_(False) for weight in weights()]
    samples = inputs()
    perceptron(samples, 0.2, held).sum().backward()
    assert samples.grad is not None
    assert all(weight.grad is None for weight in held)


@pytest.mark.parametrize("classes", [0, 4])
@pytest.mark.parametrize("sample", [(3,), (1, 2, 2)])
def test_a_network_returns_the_input_gradient_of_its_scores(classes: int, sample: tuple[int, ...]) -> None:
    network = MLP.Spec(width=6).build(sample, (1,), Condition(classes=classes))
    labels = torch.tensor([0, 3, 1]) if classes else None
    samples = torch.randn(3, *sample)
    scores, gradient = network.input_gradient(samples, labels)
    theirs = input_gradient(lambda given: super(MLP, network).input_gradient(given, labels)[0], samples)
    torch.testing.assert_close((scores, gradient), theirs)
    assert gradient.shape == samples.shape
