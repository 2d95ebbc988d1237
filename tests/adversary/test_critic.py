"""Critics: the score and the auxiliary logits of a discriminator, and the penalties on the score alone."""

import pytest
import torch
from torch import Tensor

from sparring.adversary import (
    Augmenter,
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


def auxiliary(normalized: bool = False) -> Network:
    """A discriminator with three auxiliary logits."""
    torch.manual_seed(0)
    return (DCGANDiscriminator.Spec(width=4) if normalized else MLP.Spec(width=5)).build(SAMPLE, (4,))


def samples(seed: int) -> Tensor:
    return torch.randn(6, *SAMPLE, generator=torch.Generator().manual_seed(seed))


def batch() -> Batch:
    return Batch(samples(1), None, 0, torch.Generator().manual_seed(2))


def fake() -> GeneratedBatch:
    return GeneratedBatch.from_latents(lambda latents: latents, samples(3))


class Brighten(Augmentation):
    def __call__(self, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
        return samples * 2 + 1


def test_the_first_output_is_the_score() -> None:
    network = auxiliary()
    critic = DiscriminatorCritic(network)
    assert torch.equal(critic.output(samples(1)), network(samples(1)))
    assert torch.equal(critic(samples(1)), network(samples(1))[:, :1])


def test_input_gradients_are_those_of_the_score_alone() -> None:
    network, inputs = auxiliary(), samples(1).requires_grad_()
    (expected,) = torch.autograd.grad(network(inputs)[:, 0].sum(), inputs)
    output, gradient = DiscriminatorCritic(network).input_gradient(samples(1))
    torch.testing.assert_close(gradient, expected)
    torch.testing.assert_close(output, network(samples(1)))


def test_the_output_of_a_discriminator_without_auxiliary_logits_is_its_score() -> None:
    critic = DiscriminatorCritic(MLP.Spec(width=5).build(SAMPLE, (1,)))
    assert torch.equal(critic.output(samples(1)), critic(samples(1)))
    assert score(critic, batch(), fake()).aux["real"].shape == (6, 0)


@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("penalties", [(), (R1(),), (R1(), R2()), (GradientPenalty(),)], ids=repr)
def test_the_auxiliary_logits_of_each_side_come_with_its_scores(
    penalties: tuple[Penalty, ...], normalized: bool
) -> None:
    network = auxiliary(normalized)
    real, generated = network(samples(1)), network(samples(3))
    scores = score(DiscriminatorCritic(network), batch(), fake(), Penalizer(penalties, network))
    torch.testing.assert_close(scores.real, real[:, :1])
    torch.testing.assert_close(scores.fake, generated[:, :1])
    torch.testing.assert_close(dict(scores.aux), {"real": real[:, 1:], "fake": generated[:, 1:]})
    assert scores.penalties.keys() == {penalty.kind() for penalty in penalties}


def test_penalties_read_the_score_alone() -> None:
    network = auxiliary()
    alone = MLP.Spec(width=5).build(SAMPLE, (1,))
    weights = network.state_dict()
    weights |= {name: weights[name][:1] for name in ("layers.4.weight", "layers.4.bias")}
    alone.load_state_dict(weights)
    penalties = (R1(), R2(), GradientPenalty())
    penalties_of_first, expected = (
        score(critic, batch(), fake(), Penalizer(penalties, critic.network)).penalties
        for critic in (DiscriminatorCritic(network), DiscriminatorCritic(alone))
    )
    torch.testing.assert_close(penalties_of_first, expected)


def test_auxiliary_logits_are_those_of_augmented_samples() -> None:
    network = auxiliary()
    critic = DiscriminatorCritic(network, None, Augmenter((Brighten(),)), batch())
    assert torch.equal(critic.output(samples(1)), network(samples(1) * 2 + 1))
    torch.testing.assert_close(critic(samples(1)), network(samples(1) * 2 + 1)[:, :1])
