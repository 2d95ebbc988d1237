"""What every prior promises, and the moments of each."""

import pytest
import torch

from sparring.errors import SpecError
from sparring.latents import Gaussian, Prior, Uniform

PRIORS = [member for _, member in sorted(Prior.members.items())]

every_prior = pytest.mark.parametrize("kind", PRIORS, ids=lambda kind: kind.kind())


@every_prior
def test_a_draw_has_its_shape_and_depends_on_the_generator_alone(kind: type[Prior]) -> None:
    prior, before = kind(size=3), torch.get_rng_state()
    one, same, other = (prior.draw(5, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert one.shape == (5, 3)
    assert one.dtype == torch.float32
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), before)
    assert prior.draw(0, torch.Generator()).shape == (0, 3)


@every_prior
def test_a_prior_survives_yaml_and_has_at_least_one_dimension(kind: type[Prior]) -> None:
    assert kind.from_yaml(kind(size=3).to_yaml()) == kind(size=3)
    with pytest.raises(SpecError, match="size: got 0"):
        kind.read({"size": 0})


@pytest.mark.parametrize(("prior", "deviation", "bound"), [(Gaussian(), 1.0, 7.0), (Uniform(), 3**-0.5, 1.0)], ids=repr)
def test_moments_are_those_of_the_distribution(prior: Prior, deviation: float, bound: float) -> None:
    latents = prior.draw(2000, torch.Generator().manual_seed(0))
    assert latents.mean().item() == pytest.approx(0, abs=0.01)
    assert latents.std().item() == pytest.approx(deviation, abs=0.01)
    assert latents.abs().max() <= bound
