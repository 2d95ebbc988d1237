"""Perceptrons: depth, slope, dropout, and how images leave."""

import pytest
import torch
from torch import nn

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
