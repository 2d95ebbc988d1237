"""Gradient penalties against what can be computed by hand."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from sparring.adversary import Critic, GeneratedBatch, Penalizer, Penalty, Scores, score
from sparring.game import Batch
from sparring.network import input_gradient
from sparring.penalties import R1, R2, GradientPenalty

GRADIENT = torch.tensor([3.0, 4.0, 0.0])


Function = Callable[[Tensor], Tensor]


def score_both(function: Function, real: Tensor, fake: Tensor, *penalties: Penalty, seed: int = 0) -> Scores:
    batch = Batch(real, None, 0, torch.Generator().manual_seed(seed))
    return score(
        Critic(function),
        batch,
        GeneratedBatch.from_latents(lambda latents: latents, fake),
        Penalizer(penalties, nn.Identity()),
    )


def value(penalty: Penalty, function: Function, seed: int = 0) -> float:
    random = torch.Generator().manual_seed(seed)
    real, fake = (torch.randn(64, 3, generator=random) for _ in range(2))
    return float(score_both(function, real, fake, penalty, seed=seed).penalties[penalty.kind()].detach())


def flat(samples: Tensor) -> Tensor:
    return (samples * 0).sum(1, keepdim=True) + 7


def linear(samples: Tensor) -> Tensor:
    return samples @ GRADIENT[:, None]


def test_r1_and_r2_are_zero_for_a_constant_discriminator() -> None:
    assert value(R1(), flat) == value(R2(), flat) == 0


def test_r1_and_r2_of_a_linear_discriminator_are_half_its_squared_gradient() -> None:
    assert value(R1(weight=2), linear) == pytest.approx(2 * 25 / 2)
    assert value(R2(weight=2), linear) == pytest.approx(2 * 25 / 2)


def test_r1_is_of_real_samples_and_r2_of_generated_ones() -> None:
    def curved(samples: Tensor) -> Tensor:
        return samples.square().sum(1, keepdim=True) / 2

    real, fake = torch.full((4, 3), 2.0), torch.full((4, 3), -1.0)
    penalties = score_both(curved, real, fake, R1(), R2()).penalties
    assert penalties["R1"].item() == pytest.approx(12 / 2)
    assert penalties["R2"].item() == pytest.approx(3 / 2)


def test_the_gradient_penalty_measures_how_far_the_gradient_is_from_its_target() -> None:
    assert value(GradientPenalty(), linear) == pytest.approx(10 * (5 - 1) ** 2)
    assert value(GradientPenalty(weight=1, target=5), linear) == pytest.approx(0, abs=1e-10)
    assert value(GradientPenalty(weight=1), flat) == pytest.approx(1)


def test_the_gradient_penalty_is_of_points_between_each_real_sample_and_its_generated_one() -> None:
    scored: list[Tensor] = []

    def recording(samples: Tensor) -> Tensor:
        scored.append(samples)
        return linear(samples)

    real, fake = torch.randn(50, 3), torch.randn(50, 3)
    score_both(recording, real, fake, GradientPenalty())
    share = (scored[2].detach() - fake) / (real - fake)
    torch.testing.assert_close(share, share[:, :1].expand(-1, 3), atol=1e-3, rtol=1e-3)
    assert 0 < share.min() < 0.2
    assert 0.8 < share.max() < 1


def test_points_between_follow_the_seed_of_the_move() -> None:
    def curved(samples: Tensor) -> Tensor:
        return samples.pow(4).sum(1, keepdim=True)

    assert value(GradientPenalty(), curved, seed=1) == value(GradientPenalty(), curved, seed=1)
    assert value(GradientPenalty(), curved, seed=1) != value(GradientPenalty(), curved, seed=2)


def test_a_gradient_can_be_differentiated_again() -> None:
    samples = torch.tensor([[1.0, 2.0]], requires_grad=True)
    _, gradient = input_gradient(lambda samples: samples.pow(3).sum(1, keepdim=True), samples)
    torch.testing.assert_close(gradient, torch.tensor([[3.0, 12.0]]))
    (second,) = torch.autograd.grad(gradient.sum(), samples)
    torch.testing.assert_close(second, torch.tensor([[6.0, 12.0]]))
