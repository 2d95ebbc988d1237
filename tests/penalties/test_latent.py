"""What a small step in latent space costs, or earns."""

import pytest
import torch
from torch import Tensor, nn

from sparring.adversary import Critic, GeneratedBatch, Penalty, PenaltyInputs
from sparring.errors import SpecError
from sparring.penalties import LatentConsistency, LatentDiversity

COUNT, SIZE = 20_000, 3


def total(samples: Tensor) -> Tensor:
    return samples.sum(1, keepdim=True)


def value(penalty: Penalty, factor: float) -> float:
    """The penalty of a generator that multiplies and a discriminator that adds up."""
    random = torch.Generator().manual_seed(0)
    generated = GeneratedBatch.from_latents(
        lambda latents: factor * latents, torch.randn(COUNT, SIZE, generator=random)
    )
    fake = generated.samples
    inputs = PenaltyInputs(
        Critic(total), fake, fake, None, total(fake), random, player=nn.Identity(), generated=generated
    )
    return penalty.value(inputs).item()


def test_consistency_is_the_squared_change_of_scores() -> None:
    # the sum of three steps N(0, 0.1²), five times as large
    assert value(LatentConsistency(deviation=0.1), 5) == pytest.approx(25 * 3 * 0.01, rel=0.03)
    assert value(LatentConsistency(), 0) == 0


def test_diversity_is_minus_the_mean_squared_change_of_samples() -> None:
    assert value(LatentDiversity(deviation=0.1), 5) == pytest.approx(-25 * 0.01, rel=0.03)
    assert value(LatentDiversity(), 0) == 0


def test_published_numbers_are_the_defaults() -> None:
    assert (LatentConsistency().weight, LatentConsistency().deviation) == (5, 0.03)
    assert (LatentDiversity().weight, LatentDiversity().deviation) == (0.5, 0.03)


@pytest.mark.parametrize("penalty", [LatentConsistency, LatentDiversity])
@pytest.mark.parametrize("deviation", [0, -1, "wide"])
def test_a_step_of_no_size_is_refused(penalty: type[Penalty], deviation: object) -> None:
    with pytest.raises(SpecError, match="deviation: got"):
        penalty.read({"deviation": deviation})
