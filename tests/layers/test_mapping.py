"""The mapping network and the mean of what it gives."""

import pytest
import torch
from torch.nn.functional import leaky_relu

from sparring.errors import ShapeError
from sparring.layers.conditioning import Condition
from sparring.layers.mapping import DECAY, MappingNetwork, MeanLatent


def test_latents_are_normalized_and_go_through_slow_layers() -> None:
    torch.manual_seed(0)
    network, latents = MappingNetwork(6, Condition(), 4, 2), torch.randn(3, 6)
    values = latents / latents.square().mean(1, keepdim=True).sqrt()
    for layer, inputs in zip(network.layers, (6, 4), strict=True):
        weight, bias = layer.get_parameter("weight") * 0.01, layer.get_parameter("bias") * 0.01
        values = 2**0.5 * leaky_relu(values @ weight.t() / inputs**0.5 + bias, 0.2)
    torch.testing.assert_close(network(latents), values)
    torch.testing.assert_close(network(latents * 7), values)


def test_a_condition_is_embedded_behind_the_latent() -> None:
    torch.manual_seed(0)
    network, latents = MappingNetwork(6, Condition(classes=3), 4, 1), torch.randn(2, 6)
    assert network.embed is not None
    embedded = network.embed.weight[:, [2, 0]].t() / 3**0.5 + network.embed.bias
    both = [one / one.square().mean(1, keepdim=True).sqrt() for one in (latents, embedded)]
    weight = network.layers[0].get_parameter("weight") * 0.01
    expected = 2**0.5 * leaky_relu(torch.cat(both, 1) @ weight.t() / 10**0.5, 0.2)
    torch.testing.assert_close(network(latents, torch.tensor([2, 0])), expected)


def test_a_condition_alone_or_of_numbers_is_mapped_too() -> None:
    network = MappingNetwork(0, Condition(numbers=5), 4, 2)
    assert network(torch.empty(3, 0), torch.rand(3, 5)).shape == (3, 4)


def test_it_insists_on_its_condition_and_on_no_other() -> None:
    with pytest.raises(ShapeError, match="needs a condition"):
        MappingNetwork(6, Condition(classes=3), 4, 1)(torch.randn(2, 6))
    with pytest.raises(ShapeError, match="unconditional"):
        MappingNetwork(6, Condition(), 4, 1)(torch.randn(2, 6), torch.tensor([0, 1]))


def test_it_stays_in_full_precision() -> None:
    torch.manual_seed(0)
    network, latents = MappingNetwork(6, Condition(), 4, 2), torch.randn(3, 6)
    with torch.autocast("cpu", torch.bfloat16):
        found = network(latents)
    assert torch.equal(found, network(latents))


def test_the_mean_follows_what_passes_in_training_only() -> None:
    torch.manual_seed(0)
    mean, latents = MeanLatent(4), torch.randn(5, 4, requires_grad=True)
    assert mean(latents) is latents
    first = (1 - DECAY) * latents.detach().mean(0)
    torch.testing.assert_close(mean.value, first)
    mean(latents + 1)
    torch.testing.assert_close(mean.value, DECAY * first + (1 - DECAY) * (latents.detach().mean(0) + 1))
    held = mean.value.clone()
    mean.eval()(latents)
    mean.train()(latents[:0])
    mean.track_running_stats = False
    mean(latents)
    assert torch.equal(mean.value, held)
    assert not mean.value.requires_grad
