"""The energy margin: energies never below zero, a margin that silences, the value of the paper's theorem."""

from math import exp, log

import pytest
import torch

from sparring.errors import SpecError
from sparring.losses import AdversarialLoss, EnergyMargin, NonSaturating
from sparring.spec import Spec


class Holder(Spec):
    losses: AdversarialLoss


def score_of(energy: float) -> float:
    """Returns the score whose softplus(-score) is `energy`."""
    return -log(exp(energy) - 1)


def test_it_is_ebgans_two_equations_in_terms_of_energies() -> None:
    real, fake = ([0.3, 2.0], [0.1, 1.5, 4.0])
    scores = [torch.tensor([[score_of(energy)] for energy in energies]).double() for energies in (real, fake)]
    value = EnergyMargin(margin=1.7).discriminator(*scores)
    assert value.item() == pytest.approx((0.3 + 2.0) / 2 + (1.6 + 0.2 + 0.0) / 3)
    assert EnergyMargin(margin=1.7).generator(scores[1]).item() == pytest.approx((0.1 + 1.5 + 4.0) / 3)


def test_the_discriminator_never_pays_less_than_nothing() -> None:
    scores = torch.linspace(-1e4, 1e4, 201)[:, None]
    for loss in (EnergyMargin(), EnergyMargin(margin=10.0)):
        assert (loss.on_real(scores) >= 0).all()
        assert (loss.on_fake(scores) >= 0).all()


def test_generated_samples_beyond_the_margin_no_longer_move_the_discriminator() -> None:
    fake = torch.tensor([[score_of(0.9)], [score_of(1.1)]], requires_grad=True)
    (gradient,) = torch.autograd.grad(EnergyMargin().discriminator(torch.zeros(1, 1), fake), fake)
    assert gradient[0] > 0
    assert gradient[1] == 0


@pytest.mark.parametrize("margin", [0.5, 1.0, 3.0])
def test_where_the_distributions_agree_no_energy_beats_the_margin(margin: float) -> None:
    scores = torch.linspace(-30, 30, 601).double()[:, None, None]
    values = torch.stack([EnergyMargin(margin=margin).discriminator(score, score) for score in scores])
    assert values.min().item() == pytest.approx(margin)


def test_the_generator_is_the_non_saturating_one() -> None:
    fake = torch.linspace(-3, 3, 7)[:, None]
    assert torch.equal(EnergyMargin().generator(fake), NonSaturating().generator(fake))


@pytest.mark.parametrize("margin", [0, -1.0, "inf"])
def test_a_margin_that_is_none_is_refused(margin: object) -> None:
    with pytest.raises(SpecError, match=rf"losses\.margin: got {margin!r}"):
        Holder.read({"losses": {"kind": "EnergyMargin", "margin": margin}})
