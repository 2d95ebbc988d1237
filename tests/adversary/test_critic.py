"""Judges: what they say of a sample beside its score, and how that goes through a inputs."""

import pytest
import torch
from torch import Tensor

from sparring.adversary import (
    AugmentedCritic,
    Augmenter,
    AuxiliaryCritic,
    DiscriminatorCritic,
    GeneratedBatch,
    Penalizer,
    Penalty,
    score,
)
from sparring.augment import Augmentation
from sparring.game import Batch
from sparring.network import Network
from sparring.networks import MLP, DCGANDiscriminator
from sparring.penalties import R1, R2, GradientPenalty

SAMPLE = (1, 4, 4)


def telling(normalized: bool = False) -> Network:
    """A discriminator that tells three numbers beside its score."""
    torch.manual_seed(0)
    return (DCGANDiscriminator.Spec(width=4) if normalized else MLP.Spec(width=5)).build(SAMPLE, (4,))


def samples(seed: int) -> Tensor:
    return torch.randn(6, *SAMPLE, generator=torch.Generator().manual_seed(seed))


def batch() -> Batch:
    return Batch(samples(1), None, 0, torch.Generator().manual_seed(2))


def drawn() -> GeneratedBatch:
    return GeneratedBatch.from_latents(lambda latents: latents, samples(3))


class Brighten(Augmentation):
    def __call__(self, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
        return samples * 2 + 1


def test_the_first_output_is_the_score_and_all_of_them_are_what_is_said() -> None:
    network = telling()
    judge = AuxiliaryCritic(network)
    assert torch.equal(judge.look(samples(1)), network(samples(1)))
    assert torch.equal(judge(samples(1)), network(samples(1))[:, :1])


def test_slopes_are_those_of_the_score_alone() -> None:
    network, given = telling(), samples(1).requires_grad_()
    (expected,) = torch.autograd.grad(network(given)[:, 0].sum(), given)
    said, slope = AuxiliaryCritic(network).input_gradient(samples(1))
    torch.testing.assert_close(slope, expected)
    torch.testing.assert_close(said, network(samples(1)))


def test_a_judge_that_only_scores_says_its_scores() -> None:
    judge = DiscriminatorCritic(MLP.Spec(width=5).build(SAMPLE, (1,)))
    assert torch.equal(judge.look(samples(1)), judge(samples(1)))
    assert score(judge, batch(), drawn()).told == {}


@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("penalties", [(), (R1(),), (R1(), R2()), (GradientPenalty(),)], ids=repr)
def test_what_is_told_of_each_side_comes_with_its_scores(penalties: tuple[Penalty, ...], normalized: bool) -> None:
    network = telling(normalized)
    real, fake = network(samples(1)), network(samples(3))
    found = score(AuxiliaryCritic(network), batch(), drawn(), Penalizer(penalties, network))
    torch.testing.assert_close(found.real, real[:, :1])
    torch.testing.assert_close(found.fake, fake[:, :1])
    torch.testing.assert_close(dict(found.told), {"real": real[:, 1:], "fake": fake[:, 1:]})
    assert found.penalties.keys() == {penalty.kind() for penalty in penalties}


def test_penalties_of_a_telling_judge_are_those_of_its_score() -> None:
    network = telling()
    alone = MLP.Spec(width=5).build(SAMPLE, (1,))
    weights = network.state_dict()
    weights |= {name: weights[name][:1] for name in ("layers.4.weight", "layers.4.bias")}
    alone.load_state_dict(weights)
    penalties = (R1(), R2(), GradientPenalty())
    found, expected = (
        score(judge, batch(), drawn(), Penalizer(penalties, judge.network)).penalties
        for judge in (AuxiliaryCritic(network), DiscriminatorCritic(alone))
    )
    torch.testing.assert_close(found, expected)


def test_what_is_told_is_told_of_augmented_samples() -> None:
    network = telling()
    judge = AugmentedCritic(AuxiliaryCritic(network), Augmenter((Brighten(),)), batch())
    assert torch.equal(judge.look(samples(1)), network(samples(1) * 2 + 1))
    torch.testing.assert_close(judge(samples(1)), network(samples(1) * 2 + 1)[:, :1])
