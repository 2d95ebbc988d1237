"""Scores that should not change where samples are transformed."""

import pytest
import torch
from torch import Tensor, nn

from sparring.adversary import Critic, GeneratedBatch, Penalizer, Penalty, score
from sparring.augment import Augmentation, BalancedConsistency, Consistency, Flip, InstanceNoise, Shift
from sparring.errors import ShapeError, SpecError
from sparring.game import Batch
from sparring.network import Condition
from sparring.recipes import recipe
from sparring.spec.schedule import Linear


class Add(Augmentation):
    """Adds the number of images shown so far."""

    def __call__(self, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
        return samples + images


def value(penalty: Penalty, real: Tensor, fake: Tensor, images: int = 0) -> float:
    def critic(samples: Tensor) -> Tensor:
        return samples.flatten(1).sum(1, keepdim=True).square()

    batch = Batch(real, None, 0, torch.Generator().manual_seed(0), images=images)
    generated = GeneratedBatch.from_latents(lambda latents: latents, fake)
    return score(Critic(critic), batch, generated, Penalizer([penalty], nn.Identity())).penalties[penalty.kind()].item()


def test_consistency_is_the_squared_change_of_real_scores() -> None:
    penalty = Consistency(weight=2, transformations=(Add(), Add()))
    real, fake = torch.tensor([[1.0], [2.0]]), torch.tensor([[7.0], [8.0]])
    # scores 1 and 4 become 9 and 16
    assert value(penalty, real, fake, images=1) == pytest.approx(2 * (8**2 + 12**2) / 2)


def test_balanced_consistency_adds_that_of_generated_scores() -> None:
    penalty = BalancedConsistency(weight=1, transformations=(Add(),))
    real, fake = torch.tensor([[1.0], [2.0]]), torch.tensor([[0.0], [3.0]])
    assert value(penalty, real, fake, images=1) == pytest.approx((3**2 + 5**2) / 2 + (1**2 + 7**2) / 2)


def test_a_transformation_that_changes_no_score_costs_nothing() -> None:
    images = torch.randn(4, 1, 3, 5)
    assert value(BalancedConsistency(transformations=(Flip(),)), images, images) == pytest.approx(0, abs=1e-6)
    assert value(Consistency(transformations=(Flip(), Shift(pixels=1))), images, images) > 0


def test_published_weights_and_transformations_are_the_defaults() -> None:
    assert Consistency().weight == BalancedConsistency().weight == 10
    assert Consistency().transformations == (Flip(), Shift())


def test_transformations_of_images_are_refused_for_vectors_when_the_game_is_built() -> None:
    refused = recipe("ring", "penalties=[Consistency]").game
    with pytest.raises(ShapeError, match=r"game.penalties: Flip transforms images \(C, H, W\).*InstanceNoise takes"):
        refused.build((2,), Condition())
    noise = "penalties=[{kind: Consistency, transformations: [{kind: InstanceNoise, deviation: 0.05}]}]"
    recipe("ring", noise).game.build((2,), Condition())


def test_a_schedule_within_a_penalty_is_followed() -> None:
    growing = Consistency(transformations=(InstanceNoise(deviation=Linear(start=0, end=1, images=10)),))
    samples = torch.ones(3, 2)
    assert value(growing, samples, samples, images=0) == 0
    assert value(growing, samples, samples, images=5) > 0


def test_an_unknown_transformation_is_refused() -> None:
    with pytest.raises(SpecError, match=r"transformations.0.kind: got 'Filp', not a kind of Augmentation.*Flip"):
        Consistency.read({"transformations": ["Filp"]})
