"""Perceptrons: depth, slope, dropout, and how images leave."""

import pytest
import torch
from torch import nn

from sparring.layers.minibatch import MinibatchDiscrimination, MinibatchStandardDeviation
from sparring.network import couples_samples, input_gradient
from sparring.networks import MLP


def kinds(network: nn.Module) -> list[type[nn.Module]]:
    return [type(layer) for layer in network.get_submodule("layers").children()]


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_depth_counts_hidden_layers(depth: int) -> None:
    network = MLP.Spec(width=4, depth=depth).build((3,), (2,))
    assert kinds(network) == [nn.Linear, nn.LeakyReLU] * depth + [nn.Linear]


def test_images_leave_through_tanh_and_vectors_as_they_are() -> None:
    assert kinds(MLP.Spec(width=4, depth=0).build((3,), (1, 2, 2))) == [nn.Linear, nn.Tanh]
    torch.manual_seed(0)
    assert MLP.Spec(width=4).build((3,), (1,))(torch.randn(99, 3) * 1e3).abs().max() > 1


def test_slope_zero_is_plain_relu() -> None:
    network = MLP.Spec(width=4, depth=1, slope=0.0).build((3,), (2,))
    activation = network.get_submodule("layers.1")
    assert torch.equal(activation(torch.tensor([-1.0, 2.0])), torch.tensor([0.0, 2.0]))


def test_dropout_leaves_units_out_in_training_only() -> None:
    torch.manual_seed(0)
    network = MLP.Spec(width=64, dropout=0.5).build((3,), (2,))
    given = torch.randn(4, 3)
    assert not torch.equal(network(given), network(given))
    network.eval()
    assert torch.equal(network(given), network(given))


@pytest.mark.parametrize("count", [1, 2, 7])
def test_a_minibatch_statistic_stands_before_the_last_layer_and_is_never_left_out(count: int) -> None:
    torch.manual_seed(0)
    network = MLP.Spec(width=4, depth=1, minibatch=MinibatchStandardDeviation()).build((3,), (1,))
    given = torch.randn(count, 3)
    features = network.features(given)
    assert features.shape == (count, 5)
    torch.testing.assert_close(network(given), network.get_submodule("layers.3")(features))
    scores, slopes = network.input_gradient(given)
    torch.testing.assert_close(scores, network(given))
    expected = input_gradient(network, given)[1]
    torch.testing.assert_close(slopes, expected)
    assert couples_samples(network)


def test_a_minibatch_statistic_may_be_learned() -> None:
    spec = MLP.Spec(width=4, minibatch=MinibatchDiscrimination(kernels=3, features=2))
    assert type(spec).from_yaml(spec.to_yaml()) == spec
    network = spec.build((3,), (1,))
    network(torch.randn(5, 3)).sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in network.parameters())
