"""Scores, the penalties that are due, and input gradients that are computed once."""

from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn

from sparring.adversary import (
    Augmentation,
    Augmenter,
    Critic,
    DiscriminatorCritic,
    GeneratedBatch,
    Memory,
    Penalizer,
    Penalty,
    PenaltyInputs,
    Side,
    score,
)
from sparring.errors import SpecError
from sparring.game import Batch
from sparring.layers.normalization import NoNorm
from sparring.network import Condition
from sparring.networks import MLP, DCGANDiscriminator, Packed
from sparring.penalties import R1, R2
from sparring.recipes import recipe


class Look(Penalty):
    """Notes what it was shown."""

    gradient_sides: ClassVar[frozenset[Side]] = frozenset({"real"})
    log: ClassVar[list[PenaltyInputs]] = []

    def value(self, inputs: PenaltyInputs) -> Tensor:
        self.log.append(inputs)
        return inputs.scores_real.mean()


def batch(step: int = 0) -> Batch:
    return Batch(torch.ones(4, 3), None, step, torch.Generator())


def total(samples: Tensor) -> Tensor:
    return samples.sum(1, keepdim=True)


def fake(value: float) -> GeneratedBatch:
    return GeneratedBatch.from_latents(lambda latents: latents, torch.full((4, 3), value))


def penalizer(*penalties: Penalty) -> Penalizer:
    return Penalizer(penalties, nn.Identity())


def test_scores_are_those_of_the_critic_and_their_means_are_observed() -> None:
    given = batch()
    found = score(Critic(total), given, fake(-1))
    assert torch.equal(found.real, torch.full((4, 1), 3.0))
    assert torch.equal(found.fake, torch.full((4, 1), -3.0))
    assert found.penalties == {}
    assert {name: value.item() for name, value in given.observations.items()} == {"score_real": 3.0, "score_fake": -3.0}
    assert not any(value.requires_grad for value in given.observations.values())


def test_only_the_sides_that_a_due_penalty_names_are_differentiated() -> None:
    Look.log.clear()
    score(Critic(total), batch(), fake(0), penalizer(Look()))
    assert Look.log[0].input_gradients.keys() == {"real"}
    Look.log.clear()
    score(Critic(total), batch(step=1), fake(0), penalizer(Look(every=2)))
    assert Look.log == []


@pytest.mark.parametrize(("concatenates", "calls"), [(False, 2), (True, 1)])
def test_the_critic_is_called_as_seldom_as_can_be_however_many_penalties_there_are(
    concatenates: bool, calls: int
) -> None:
    calls_of: list[int] = []

    def counting(samples: Tensor) -> Tensor:
        calls_of.append(len(samples))
        return total(samples.square())

    critic = Critic(counting)
    critic.concatenates = concatenates
    found = score(critic, batch(), fake(0.5), penalizer(R1(), R2(), Look()))
    assert calls_of == [8 // calls] * calls
    assert found.penalties.keys() == {"R1", "R2", "Look"}
    torch.testing.assert_close(found.penalties["R1"], torch.tensor(6.0))
    torch.testing.assert_close(found.penalties["R2"], torch.tensor(1.5))


def test_scores_are_the_same_in_one_pass_and_in_two() -> None:
    network = MLP.Spec(width=8).build((3,), (1,), Condition(classes=3))
    labels, real = torch.tensor([0, 1, 2, 1]), torch.randn(4, 3)
    found = []
    for concatenates in (True, False):
        given = Batch(real, labels, 0, torch.Generator())
        found.append(
            score(
                DiscriminatorCritic(network, labels, concatenates=concatenates), given, fake(0.5), penalizer(R1(), R2())
            )
        )
    torch.testing.assert_close(found[0].real, found[1].real)
    torch.testing.assert_close(found[0].fake, found[1].fake)
    torch.testing.assert_close(found[0].penalties, found[1].penalties)


def test_samples_that_see_each_other_are_never_scored_in_one_pass() -> None:
    assert DiscriminatorCritic(MLP.Spec().build((2,), (1,))).concatenates
    assert not DiscriminatorCritic(Packed.Spec().build((2,), (1,))).concatenates
    assert not DiscriminatorCritic(DCGANDiscriminator.Spec(width=4).build((1, 16, 16), (1,))).concatenates
    assert DiscriminatorCritic(
        DCGANDiscriminator.Spec(width=4, normalization=NoNorm()).build((1, 16, 16), (1,))
    ).concatenates


class Count(Penalty):
    """Counts how often it was calls_of."""

    def memory(self) -> Memory:
        return {"count": torch.zeros(())}

    def value(self, inputs: PenaltyInputs) -> Tensor:
        inputs.memory["count"] += 1
        return inputs.memory["count"]


def test_what_a_penalty_remembers_is_part_of_the_module_that_holds_it() -> None:
    held = penalizer(Count(), R1())
    for _ in range(3):
        found = score(Critic(total), batch(), fake(0), held)
    assert found.penalties["Count"] == 3
    assert held.state_dict() == {"Count_count": torch.tensor(3.0)}


def test_a_penalty_of_another_player_is_refused() -> None:
    with pytest.raises(SpecError, match=r"game.generator_penalties.*R1 is no penalty of a generator"):
        recipe("dcgan", "generator_penalties=[R1]")


def test_penalties_of_the_same_kind_are_refused() -> None:
    with pytest.raises(
        SpecError, match=r"game.penalties.*R1 is listed twice; combine them into one with the summed weight"
    ):
        recipe("dcgan", "penalties=[R1, R2, {kind: R1, weight: 2}]")


@pytest.mark.parametrize("values", [{"weight": -1}, {"every": 0}, {"every": 1.5}, {"weight": "much"}])
def test_impossible_weights_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(SpecError, match=f"{next(iter(values))}: got"):
        R1.read(values)


class Double(Augmentation):
    """Twice the samples, and a fixed step to the side."""

    def __call__(self, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
        return 2 * samples + 1


def test_input_gradients_behind_augmentations_are_those_by_the_samples_before() -> None:
    network = MLP.Spec(width=8).build((3,), (1,))
    samples = torch.randn(4, 3)
    critic = DiscriminatorCritic(network, None, Augmenter((Double(), Double())), batch())
    scores, gradients = critic.input_gradient(samples)
    torch.testing.assert_close(scores, network(4 * samples + 3))
    torch.testing.assert_close(gradients, 4 * network.input_gradient(4 * samples + 3)[1])
    weights = torch.autograd.grad(gradients.square().sum(), list(network.parameters()), allow_unused=True)
    expected = network.input_gradient(4 * samples + 3)[1].square().sum() * 16
    plain = torch.autograd.grad(expected, list(network.parameters()), allow_unused=True)
    for one, other in zip(weights, plain, strict=True):
        torch.testing.assert_close(one, other)


def test_features_and_concatenated_batches_are_augmented_too() -> None:
    network = MLP.Spec(width=8).build((3,), (1,), Condition(classes=3))
    labels, samples = torch.tensor([0, 1, 2, 1]), torch.randn(4, 3)
    critic = DiscriminatorCritic(network, labels, Augmenter((Double(),)), batch())
    assert torch.equal(critic.features(samples), network.features(2 * samples + 1, labels))
    assert critic.concatenates
    both = critic.on_concatenated_batch()(torch.cat((samples, samples)))
    torch.testing.assert_close(both, critic(samples).repeat(2, 1))
    assert not Critic(total).concatenates


class Careless(Penalty):
    """Reads input gradients without naming their side."""

    def value(self, inputs: PenaltyInputs) -> Tensor:
        return inputs.input_gradient("real").sum()


def test_an_input_gradient_that_was_not_calls_of_for_is_refused() -> None:
    with pytest.raises(SpecError, match="add 'real' to `gradient_sides`"):
        score(Critic(total), batch(), fake(0), penalizer(Careless()))
