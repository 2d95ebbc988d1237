"""Descent leaves the equilibrium of Dirac-GAN; what looks ahead reaches it, as fast as the closed forms say."""

from math import hypot, sqrt

import numpy as np
import pytest

from sparring.losses import AdversarialLoss, Minimax, NonSaturating, Wasserstein
from sparring.penalties import R1, WeightClipping
from sparring.theory import (
    EXTRAGRADIENT,
    GENERATOR_FIRST,
    SIMULTANEOUS,
    ConsensusGame,
    DiracGame,
    UpdateRule,
    eigenvalues,
    extragradient_moduli,
    jacobian,
    largest_stable_step,
    optimistic_moduli,
    radius,
    step_moduli,
    trajectory,
)
from sparring.training.optimizers import SGD, Adam, Extragradient, OptimisticAdam, OptimisticSGD, Optimizer

BILINEAR = DiracGame(Wasserstein())
"""v = (ψ, -θ): the field of min over θ, max over ψ of θψ, up to the sign of ψ."""

RATES = (0.05, 0.2, 0.4)


def play(game, optimizer: Optimizer, order=SIMULTANEOUS, steps=500):
    return radius(trajectory(game, steps=steps, order=order, generator=optimizer.build, discriminator=optimizer.build))


def look_ahead(game, rate: float, steps=500):
    return play(game, Extragradient(of=SGD(learning_rate=rate)), EXTRAGRADIENT, steps)


@pytest.mark.parametrize("rate", RATES)
def test_simultaneous_descent_spirals_out_by_the_closed_form(rate):
    assert play(BILINEAR, SGD(learning_rate=rate)) == pytest.approx(sqrt(2) * (1 + rate**2) ** 250, rel=1e-9)


@pytest.mark.parametrize("rate", RATES)
def test_extragradient_spirals_in_by_the_closed_form(rate):
    shrunk = sqrt((1 - rate**2) ** 2 + rate**2)
    assert extragradient_moduli(BILINEAR, rate) == pytest.approx((shrunk, shrunk), rel=1e-12)
    assert look_ahead(BILINEAR, rate) == pytest.approx(sqrt(2) * shrunk**500, rel=1e-9)


@pytest.mark.parametrize("rate", RATES)
def test_optimistic_descent_follows_the_roots_of_its_characteristic_polynomial(rate):
    """In the plane of θ + iψ the field is -i z, so that the path is that of one complex number z_t = a u^t + b w^t."""
    turn = -1j * rate
    roots = np.roots([1, -(1 + 2 * turn), turn])
    np.testing.assert_allclose(np.sort(optimistic_moduli(BILINEAR, rate))[::2], np.sort(abs(roots)), rtol=1e-12)
    shares = np.linalg.solve([[1, 1], 1 / roots], [1 - 1j, 0])  # z_0 = 1 - i, and no gradient before: as if z_{-1} = 0
    for steps in (1, 2, 10, 500):
        expected = abs(shares @ roots**steps)
        assert play(BILINEAR, OptimisticSGD(learning_rate=rate), steps=steps) == pytest.approx(expected, rel=1e-9)


def test_the_largest_steps_at_which_they_still_converge():
    assert max(extragradient_moduli(BILINEAR, 0.999)) < 1 < max(extragradient_moduli(BILINEAR, 1.001))
    assert max(optimistic_moduli(BILINEAR, 0.999 / sqrt(3))) < 1 < max(optimistic_moduli(BILINEAR, 1.001 / sqrt(3)))
    assert largest_stable_step(BILINEAR) == 0
    assert largest_stable_step(ConsensusGame(BILINEAR, 0.0)) == 0


@pytest.mark.parametrize(
    "game", [DiracGame(Minimax(), (R1(weight=0.3),)), ConsensusGame(DiracGame(Minimax())), BILINEAR]
)
def test_the_moduli_are_those_of_the_linearized_step(game):
    field, step = jacobian(game), 0.2
    ahead = np.eye(2) + step * field @ (np.eye(2) + step * field)
    np.testing.assert_allclose(np.sort(abs(np.linalg.eigvals(ahead))), np.sort(extragradient_moduli(game, step)))
    past = np.block([[np.eye(2) + 2 * step * field, -step * field], [np.eye(2), np.zeros((2, 2))]])
    np.testing.assert_allclose(
        np.sort(abs(np.linalg.eigvals(past))), np.sort(optimistic_moduli(game, step)), atol=1e-12
    )


def test_a_field_of_zero_stands_still():
    still = DiracGame(Still())
    assert eigenvalues(still) == (0, 0)
    assert extragradient_moduli(still, 0.2) == (1, 1)
    assert optimistic_moduli(still, 0.2) == (0, 1, 0, 1)
    assert largest_stable_step(still) == 0


class Still:
    """A loss that asks nothing."""

    def discriminator(self, real, fake):
        return 0 * (real + fake).sum()

    def generator(self, fake, real=None):
        return 0 * fake.sum()


@pytest.mark.parametrize(
    ("loss", "extragradient", "optimistic", "in_turns"),
    [
        (Minimax(), "1.2e-01", "1.2e-01", "9.6e-03"),
        (NonSaturating(), "4.8e-02", "4.6e-02", "5.1e-03"),
        (Wasserstein(), "7.9e-05", "3.5e-05", "1.9e-09"),
    ],
    ids=repr,
)
def test_the_radius_after_500_steps_to_the_printed_digits(
    loss: AdversarialLoss, extragradient: str, optimistic: str, in_turns: str
):
    game, optimism = DiracGame(loss), OptimisticSGD(learning_rate=0.2)
    radii = look_ahead(game, 0.2), play(game, optimism), play(game, optimism, GENERATOR_FIRST)
    assert tuple(f"{one:.1e}" for one in radii) == (extragradient, optimistic, in_turns)


@pytest.mark.parametrize(("optimizer", "expected"), [(Adam, "0.16"), (OptimisticAdam, "0.09")])
def test_adam_hovers_and_optimistic_adam_nearer(optimizer, expected):
    end = play(BILINEAR, optimizer(learning_rate=0.01, betas=(0.5, 0.9)), steps=2000)
    assert f"{end:.2f}" == expected


def test_extra_adam_hovers_nearer_still():
    optimizer = Extragradient(of=Adam(learning_rate=0.01, betas=(0.5, 0.9)))
    assert f"{play(BILINEAR, optimizer, EXTRAGRADIENT, 2000):.2f}" == "0.04"


def test_projections_hold_ahead_and_after():
    clip = WeightClipping(limit=0.5)
    build = Extragradient(of=SGD(learning_rate=0.2)).build
    path = trajectory(BILINEAR, (1.0, -1.0), 3, EXTRAGRADIENT, build, build, clip)
    theta, psi = 1.0, -1.0
    for point in path[1:]:
        ahead = theta + 0.2 * psi, float(np.clip(psi - 0.2 * theta, -0.5, 0.5))
        theta, psi = theta + 0.2 * ahead[1], float(np.clip(psi - 0.2 * ahead[0], -0.5, 0.5))
        np.testing.assert_allclose(point, (theta, psi), rtol=1e-14)


def test_a_manner_knows_its_step_size():
    assert UpdateRule(SIMULTANEOUS, OptimisticSGD(learning_rate=0.3).build).learning_rate == 0.3
    assert UpdateRule(EXTRAGRADIENT, Extragradient(of=Adam(learning_rate=0.1)).build).learning_rate == 0.1


def test_the_moduli_of_the_four_methods_at_the_reference_s_step():
    game, (eigenvalue, _) = DiracGame(Minimax()), eigenvalues(DiracGame(Minimax()))
    assert eigenvalue == pytest.approx(-0.5j, abs=1e-15)
    assert step_moduli(game, 0.2)[0] == pytest.approx(sqrt(1.01), abs=1e-12)
    assert extragradient_moduli(game, 0.2)[0] == pytest.approx(hypot(0.99, 0.1), abs=1e-12)
    assert optimistic_moduli(game, 0.2)[1] == pytest.approx(abs(0.5 - 0.1j + (0.24 + 0j) ** 0.5), abs=1e-12)
