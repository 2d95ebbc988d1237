"""A discriminator of pairs: both sides count, and a pair comes apart as it was put together."""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import leaky_relu

from sparring.adversary import DiscriminatorCritic
from sparring.errors import ShapeError
from sparring.network import Shape, couples_samples
from sparring.networks import MLP, DCGANDiscriminator, Joint, JointDiscriminator


def discriminator(shape: Shape = (2, 16, 12), **parts: object) -> JointDiscriminator:
    torch.manual_seed(0)
    small = {"sample": DCGANDiscriminator.Spec(width=4), "features": 7, **parts}
    return Joint(**small).build(shape, 3).eval()  # type: ignore[arg-type]


def sides(shape: Shape = (2, 16, 12)) -> tuple[Tensor, Tensor]:
    return torch.randn(5, *shape), torch.randn(5, 3)


@pytest.mark.parametrize("shape", [(2, 8, 6), (4,)])
def test_a_pair_comes_apart_as_it_was_put_together(shape: Shape) -> None:
    network = discriminator(shape, sample=MLP.Spec(width=4))
    samples, latents = sides(shape)
    pairs = network.join(samples, latents)
    assert pairs.ndim == 2
    for part, whole in zip(network.part(pairs), (samples, latents), strict=True):
        assert torch.equal(part, whole)
    assert network(pairs).shape == (5, 1)


def test_the_score_is_what_the_third_network_makes_of_what_the_other_two_see() -> None:
    network = discriminator()
    samples, latents = sides()
    seen = torch.cat((network.sample(samples), network.latent(latents)), 1)
    assert seen.shape == (5, 14)
    torch.testing.assert_close(network(network.join(samples, latents)), network.both(leaky_relu(seen, 0.2)))


def test_slopes_are_those_by_sample_and_latent_together() -> None:
    network = discriminator()
    samples, latents = (side.requires_grad_() for side in sides())
    expected = torch.autograd.grad(network(network.join(samples, latents)).sum(), (samples, latents))
    _, slopes = DiscriminatorCritic(network).input_gradient(network.join(samples, latents).detach())
    for part, whole in zip(network.part(slopes), expected, strict=True):
        torch.testing.assert_close(part, whole)
        assert whole.any()


def test_features_are_what_the_last_layer_looks_at() -> None:
    network = discriminator(both=MLP.Spec(width=6, depth=1))
    pairs = network.join(*sides())
    torch.testing.assert_close(network.both.layers[-1](network.features(pairs)), network(pairs))  # type: ignore[index,operator]


def test_it_couples_samples_where_one_of_its_networks_does() -> None:
    assert couples_samples(discriminator().train())
    assert not couples_samples(discriminator(sample=MLP.Spec(width=4)).train())


def test_a_network_that_cannot_look_at_its_side_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"DCGANDiscriminator maps images .*asked for \(3,\)"):
        discriminator(latent=DCGANDiscriminator.Spec())
