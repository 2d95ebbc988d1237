"""Encodings: what an encoder's outputs say of the latent."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from sparring.latents import Deterministic, Encoding, Stochastic

every_encoding = pytest.mark.parametrize("encoding", [Deterministic(), Stochastic()], ids=str)


def random() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@every_encoding
def test_an_encoding_survives_yaml_and_returns_latents_of_its_size(encoding: Encoding) -> None:
    assert type(encoding).from_yaml(encoding.to_yaml()) == encoding
    outputs = torch.randn(5, encoding.outputs(3), requires_grad=True)
    assert encoding.expect(outputs).shape == encoding.draw(outputs, random()).shape == (5, 3)
    (gradient,) = torch.autograd.grad(encoding.draw(outputs, random()).square().sum(), outputs)
    assert gradient.all()


def test_a_deterministic_encoding_is_the_encoders_output() -> None:
    outputs = torch.randn(5, 3)
    assert torch.equal(Deterministic().draw(outputs, random()), outputs)
    assert torch.equal(Deterministic().expect(outputs), outputs)


def test_a_stochastic_encoding_has_the_mean_and_variance_that_the_encoder_tells() -> None:
    outputs = torch.cat((torch.tensor([1.0, -2.0]), torch.tensor([4.0, 0.25]).log())).expand(20_000, 4)
    latents = Stochastic().draw(outputs, random())
    torch.testing.assert_close(latents.mean(0), torch.tensor([1.0, -2.0]), atol=0.05, rtol=0)
    torch.testing.assert_close(latents.std(0), torch.tensor([2.0, 0.5]), atol=0.03, rtol=0)
    assert torch.equal(Stochastic().expect(outputs), torch.tensor([1.0, -2.0]).expand(20_000, 2))


def test_draws_differ_by_the_generator_alone() -> None:
    outputs, before = torch.zeros(5, 4), torch.get_rng_state()
    assert torch.equal(Stochastic().draw(outputs, random()), Stochastic().draw(outputs, random()))
    assert not torch.equal(Stochastic().draw(outputs, random()), Stochastic().draw(outputs, random().manual_seed(1)))
    assert torch.equal(torch.get_rng_state(), before)


def test_the_divergence_of_a_stochastic_encoding_is_that_of_two_gaussians() -> None:
    outputs = torch.randn(4, 6, generator=random())
    encoded = Normal(outputs[:, :3], (outputs[:, 3:] / 2).exp())
    expected = kl_divergence(encoded, Normal(torch.zeros(3), torch.ones(3))).sum(1)
    torch.testing.assert_close(Stochastic().divergence(outputs), expected)
