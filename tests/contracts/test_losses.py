"""What every adversarial loss promises."""

import pytest
import torch

from sparring.losses import (
    AdversarialLoss,
    EnergyMargin,
    Hinge,
    LabelFlipping,
    LabelSmoothing,
    Relativistic,
    RelativisticAverage,
    SeparableLoss,
)

MEMBERS = [
    member() for _, member in sorted(AdversarialLoss.members.items()) if member.__module__.startswith("sparring.")
]
SEPARABLE = [loss for loss in MEMBERS if isinstance(loss, SeparableLoss)]
WRAPPED = [
    *(LabelSmoothing(of=loss) for loss in SEPARABLE),
    *(LabelFlipping(of=loss) for loss in SEPARABLE),
    LabelSmoothing(of=LabelFlipping(of=Hinge()), real=0.2, fake=0.1),
    Relativistic(of=LabelSmoothing(of=EnergyMargin(margin=2.0))),
    RelativisticAverage(of=LabelFlipping()),
]

pytestmark = pytest.mark.parametrize("loss", MEMBERS + WRAPPED, ids=str)


def scores(seed: int, scale: float = 1.0) -> torch.Tensor:
    return torch.randn(6, 1, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * scale


def undecided() -> torch.Tensor:
    """Scores of a discriminator that takes everything for slightly more generated than real."""
    return torch.full((6, 1), -0.5, requires_grad=True)


def largest_score(loss: AdversarialLoss) -> float:
    """Returns how far the scores may go for a loss and all that it wraps."""
    within = getattr(loss, "of", None)
    return loss.largest_score if within is None else min(loss.largest_score, largest_score(within))


def test_a_loss_survives_yaml(loss: AdversarialLoss) -> None:
    assert type(loss).from_yaml(loss.to_yaml()) == loss


def test_both_sides_are_finite_scalars_with_finite_gradients_for_huge_scores(loss: AdversarialLoss) -> None:
    far = largest_score(loss)
    for real_score in (-far, 0.0, far):
        for fake_score in (-far, 0.0, far):
            real, fake = (torch.full((6, 1), value, requires_grad=True) for value in (real_score, fake_score))
            for value in (loss.discriminator(real, fake), loss.generator(fake, real)):
                assert value.shape == ()
                assert value.isfinite()
                gradients = torch.autograd.grad(value, (real, fake), allow_unused=True)
                assert all(gradient is None or gradient.isfinite().all() for gradient in gradients)


def test_the_discriminator_wants_real_scores_up_and_generated_ones_down(loss: AdversarialLoss) -> None:
    real, fake = undecided(), undecided()
    up, down = torch.autograd.grad(loss.discriminator(real, fake), (real, fake))
    assert (up < 0).all()
    assert (down > 0).all()


def test_the_generator_wants_generated_scores_up(loss: AdversarialLoss) -> None:
    fake = undecided()
    (up,) = torch.autograd.grad(loss.generator(fake, undecided()), fake)
    assert (up < 0).all()


def test_the_order_within_a_batch_means_nothing(loss: AdversarialLoss) -> None:
    real, fake, shuffled = scores(0), scores(1), torch.tensor([3, 1, 5, 0, 2, 4])
    torch.testing.assert_close(loss.discriminator(real[shuffled], fake[shuffled]), loss.discriminator(real, fake))
    torch.testing.assert_close(loss.generator(fake[shuffled], real[shuffled]), loss.generator(fake, real))


def test_twice_the_same_batch_counts_as_once(loss: AdversarialLoss) -> None:
    real, fake = scores(0), scores(1)
    twice = loss.discriminator(torch.cat((real, real)), torch.cat((fake, fake)))
    torch.testing.assert_close(twice, loss.discriminator(real, fake))
    twice = loss.generator(torch.cat((fake, fake)), torch.cat((real, real)))
    torch.testing.assert_close(twice, loss.generator(fake, real))


def test_gradients_match_finite_differences(loss: AdversarialLoss) -> None:
    real, fake = scores(2, 3.0).requires_grad_(), scores(3, 3.0).requires_grad_()
    assert torch.autograd.gradcheck(loss.discriminator, (real, fake))
    assert torch.autograd.gradcheck(loss.generator, (fake, real))


def test_a_loss_draws_nothing_and_changes_nothing(loss: AdversarialLoss) -> None:
    real, fake, before = scores(0), scores(1), torch.get_rng_state()
    loss.discriminator(real, fake), loss.generator(fake, real)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(real, scores(0))
    assert torch.equal(fake, scores(1))
