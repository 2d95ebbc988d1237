"""Encodings: what an encoder's outputs say of the latent."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from sparring.latents import Deterministic, Encoding, Stochastic

every_encoding = pytest.mark.parametrize("encoding", [Deterministic(), Stochastic()], ids=str)


def random() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@every_encoding
def test_an_encoding_survives_yaml_and_gives_latents_of_the_size_asked_for(encoding: Encoding) -> None:
    assert type(encoding).from_yaml(encoding.to_yaml()) == encoding
    told = torch.randn(5, encoding.count(3), requires_grad=True)
    assert encoding.expect(told).shape == encoding.draw(told, random()).shape == (5, 3)
    (gradient,) = torch.autograd.grad(encoding.draw(told, random()).square().sum(), told)
    assert gradient.all()


def test_a_deterministic_encoding_is_what_the_encoder_tells() -> None:
    told = torch.randn(5, 3)
    assert torch.equal(Deterministic().draw(told, random()), told)
    assert torch.equal(Deterministic().expect(told), told)


def test_a_stochastic_encoding_has_the_mean_and_variance_that_the_encoder_tells() -> None:
    told = torch.cat((torch.tensor([1.0, -2.0]), torch.tensor([4.0, 0.25]).log())).expand(20_000, 4)
    drawn = Stochastic().draw(told, random())
    torch.testing.assert_close(drawn.mean(0), torch.tensor([1.0, -2.0]), atol=0.05, rtol=0)
    torch.testing.assert_close(drawn.std(0), torch.tensor([2.0, 0.5]), atol=0.03, rtol=0)
    assert torch.equal(Stochastic().expect(told), torch.tensor([1.0, -2.0]).expand(20_000, 2))


def test_draws_differ_by_the_generator_alone() -> None:
    told, before = torch.zeros(5, 4), torch.get_rng_state()
    assert torch.equal(Stochastic().draw(told, random()), Stochastic().draw(told, random()))
    assert not torch.equal(Stochastic().draw(told, random()), Stochastic().draw(told, random().manual_seed(1)))
    assert torch.equal(torch.get_rng_state(), before)


def test_the_divergence_of_a_stochastic_encoding_is_that_of_two_gaussians() -> None:
    told = torch.randn(4, 6, generator=random())
    encoded = Normal(told[:, :3], (told[:, 3:] / 2).exp())
    expected = kl_divergence(encoded, Normal(torch.zeros(3), torch.ones(3))).sum(1)
    torch.testing.assert_close(Stochastic().divergence(told), expected)
