"""The mathematics of each loss: the divergences at the best discriminator, on distributions over four outcomes.

A distribution is given by samples: P shows the outcomes 0 0 1 2, and Q shows 1 2 2 3.
"""

from math import log

import pytest
import torch
from torch import Tensor

from sparring.losses import AdversarialLoss, Hinge, LeastSquares, Minimax, NonSaturating, Wasserstein

P, Q = torch.tensor([0, 0, 1, 2]), torch.tensor([1, 2, 2, 3])
DENSITY_P, DENSITY_Q = (torch.bincount(samples, minlength=4).double() / 4 for samples in (P, Q))


def divergence(one: Tensor, other: Tensor) -> float:
    """Kullback-Leibler, with 0 ln 0 = 0."""
    inside = one > 0
    return float((one[inside] * (one[inside] / other[inside]).log()).sum())


def best_scores(loss: AdversarialLoss) -> Tensor:
    """Returns the four scores that minimise the discriminator's loss, found by gradient descent."""
    scores = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([scores], lr=0.5, max_iter=400, tolerance_grad=1e-12, tolerance_change=1e-14)

    def evaluate() -> Tensor:
        optimizer.zero_grad()
        value = loss.discriminator(scores[P, None], scores[Q, None])
        value.backward()
        return value

    optimizer.step(evaluate)
    return scores.detach()


@pytest.mark.parametrize("loss", [Minimax(), NonSaturating()], ids=repr)
def test_the_best_logits_are_the_log_ratio_and_the_loss_is_that_of_jensen_and_shannon(loss: AdversarialLoss) -> None:
    scores = best_scores(loss)
    assert scores[1].item() == pytest.approx(0, abs=1e-4)
    assert scores[2].item() == pytest.approx(log(0.25 / 0.5), abs=1e-4)
    middle = (DENSITY_P + DENSITY_Q) / 2
    jensen_shannon = (divergence(DENSITY_P, middle) + divergence(DENSITY_Q, middle)) / 2
    value = loss.discriminator(scores[P, None], scores[Q, None])
    assert value.item() == pytest.approx(log(4) - 2 * jensen_shannon, abs=1e-3)


def test_minimax_is_zero_sum_where_the_generator_has_a_say() -> None:
    loss, real, fake = Minimax(), torch.randn(5, 1), torch.randn(5, 1)
    without = loss.discriminator(real, fake) + loss.generator(fake)
    torch.testing.assert_close(without, loss.discriminator(real, torch.full_like(fake, -1e4)))


def test_a_certain_discriminator_silences_minimax_and_not_the_non_saturating_loss() -> None:
    for loss, expected in ((Minimax(), 0.0), (NonSaturating(), -1.0)):
        fake = torch.full((1, 1), -20.0, requires_grad=True)
        (gradient,) = torch.autograd.grad(loss.generator(fake), fake)
        assert gradient.item() == pytest.approx(expected, abs=1e-6)


def test_the_hinge_at_the_sign_of_the_difference_is_two_minus_twice_the_total_variation() -> None:
    scores = (DENSITY_P - DENSITY_Q).sign()
    total_variation = float((DENSITY_P - DENSITY_Q).abs().sum() / 2)
    value = Hinge().discriminator(scores[P, None], scores[Q, None])
    assert value.item() == pytest.approx(2 - 2 * total_variation)
    for other in (torch.zeros(4), scores * 2, scores * 0.5):
        assert Hinge().discriminator(other[P, None].double(), other[Q, None].double()) >= value - 1e-12


def test_the_best_least_squares_scores_lie_between_the_labels_and_give_pearsons_divergence() -> None:
    loss = LeastSquares()
    scores, whole = best_scores(loss), DENSITY_P + DENSITY_Q
    expected = (loss.b * DENSITY_P + loss.a * DENSITY_Q) / whole
    torch.testing.assert_close(scores, expected, atol=1e-6, rtol=0)
    both = loss.generator(scores[P, None]) + loss.generator(scores[Q, None])
    pearson = ((2 * DENSITY_Q - whole).square() / whole).sum()
    assert 2 * both.item() == pytest.approx(pearson.item(), abs=1e-6)


def test_the_papers_binary_labels_are_reached_where_everything_is_right() -> None:
    loss = LeastSquares(a=0, b=1, c=1)
    ones, zeros = torch.ones(3, 1), torch.zeros(3, 1)
    assert loss.discriminator(ones, zeros) == 0
    assert loss.generator(ones) == 0
    assert loss.discriminator(zeros, ones) == 1
    assert loss.generator(zeros) == 0.5


def test_the_wasserstein_loss_of_the_best_lipschitz_critic_is_minus_the_distance() -> None:
    critic = -torch.arange(4.0)[:, None]
    transport = (P.sort().values - Q.sort().values).abs().float().mean()
    assert Wasserstein().discriminator(critic[P], critic[Q]) == -transport
    assert Wasserstein().generator(critic[Q]) == -critic[Q].mean()
