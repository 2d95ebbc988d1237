"""A packed discriminator scores packs, and returns the score for each of their samples."""

import torch

from sparring.network import Condition
from sparring.networks import MLP, DCGANDiscriminator, Packed


def test_all_samples_of_a_pack_get_its_score() -> None:
    network = Packed.Spec(of=MLP.Spec(width=8), count=3).build((2,), (1,))
    samples = torch.randn(6, 2)
    scores = network(samples)
    packs = network.of(samples.reshape(2, 6))
    assert torch.equal(scores[:3], packs[:1].expand(3, 1))
    assert torch.equal(scores[3:], packs[1:].expand(3, 1))


def test_images_and_classes_are_joined_as_channels() -> None:
    spec = Packed.Spec(of=DCGANDiscriminator.Spec(width=4), count=2)
    network = spec.build((3, 8, 8), (1,), Condition(5))
    first, second = torch.randn(2, 3, 8, 8), torch.tensor([1, 2])
    one, other = network(first, second), network(first, torch.tensor([1, 3]))
    assert one[0] == one[1]
    assert not torch.equal(one, other)


def test_the_first_samples_fill_the_last_pack() -> None:
    network = Packed.Spec(of=MLP.Spec(width=8), count=4).build((2,), (1,))
    samples = torch.randn(6, 2)
    filled = torch.cat((samples, samples[:2]))
    assert torch.equal(network(samples), network(filled)[:6])


def test_features_are_those_of_the_pack() -> None:
    network = Packed.Spec(of=MLP.Spec(width=8), count=2).build((2,), (1,))
    samples = torch.randn(3, 2)
    packs = torch.cat((samples, samples[:1])).reshape(2, 4)
    assert torch.equal(network.features(samples), network.of.features(packs)[[0, 0, 1]])  # type: ignore[operator,union-attr]
