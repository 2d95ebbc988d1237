from math import hypot, sqrt

import numpy as np
import pytest
import torch

from sparring.errors import DivergenceError, SpecError
from sparring.losses import AdversarialLoss, Minimax, NonSaturating, Relativistic, Wasserstein
from sparring.penalties import R1, R2, GradientPenalty, WeightClipping
from sparring.theory import (
    DISCRIMINATOR_FIRST,
    GENERATOR_FIRST,
    SIMULTANEOUS,
    ConsensusGame,
    DiracGame,
    IntegratedNoise,
    SampledNoise,
    critical_strength,
    descent,
    eigenvalues,
    gradient_field,
    jacobian,
    largest_stable_step,
    radius,
    step_moduli,
    trajectory,
)
from sparring.training.optimizers import SGD, Adam

ORIGINAL = DiracGame(Minimax())


def r1(gamma: float, loss: AdversarialLoss = Minimax()) -> DiracGame:  # noqa: B008
    return DiracGame(loss, (R1(weight=gamma),))


def noisy(deviation: float) -> DiracGame:
    return DiracGame(Minimax(), noise=IntegratedNoise(deviation))


def pair(real: float, square: float) -> tuple[complex, complex]:
    root = complex(square) ** 0.5
    return real - root, real + root


def test_the_field_is_the_paper_s_with_the_discriminator_s_sign_turned():
    theta, psi = 0.7, -1.3
    derivative = 1 / (1 + np.exp(-theta * psi))
    np.testing.assert_allclose(gradient_field(ORIGINAL, [theta], [psi])[0, 0], (psi * derivative, -theta * derivative))


@pytest.mark.parametrize(
    ("game", "expected"),
    [
        (ORIGINAL, pair(0, -0.25)),
        (DiracGame(NonSaturating()), pair(0, -0.25)),
        (DiracGame(Relativistic()), pair(0, -0.25)),
        (DiracGame(Wasserstein()), pair(0, -1)),
        *((r1(gamma), pair(-gamma / 2, gamma**2 / 4 - 0.25)) for gamma in (0.3, 1.0, 2.0)),
        (DiracGame(Minimax(), (R2(weight=0.3),)), pair(-0.15, 0.0225 - 0.25)),
        (ConsensusGame(ORIGINAL), pair(-0.25, -0.25)),
        (ConsensusGame(ORIGINAL, 3.0), pair(-0.75, -0.25)),
        *((noisy(s), pair(-(s**2) / 4, s**4 / 16 - 0.25)) for s in (0.7, sqrt(2), 2.0)),
    ],
)
def test_the_eigenvalues_at_the_equilibrium_are_the_closed_forms(game, expected):
    np.testing.assert_allclose(eigenvalues(game), expected, atol=1e-9)


def test_critical_regularization():
    assert critical_strength(r1, 0.1, 3.0) == pytest.approx(1.0, abs=1e-9)
    assert critical_strength(noisy, 0.1, 3.0) == pytest.approx(sqrt(2), abs=1e-9)
    with pytest.raises(SpecError, match=r"the eigenvalues are complex at 0.1 and at 0.5; choose ends that differ"):
        critical_strength(r1, 0.1, 0.5)


@pytest.mark.parametrize(
    ("game", "modulus"), [(ORIGINAL, 1.00499), (r1(0.3), 0.97468), (ConsensusGame(ORIGINAL), 0.95525)]
)
def test_the_moduli_of_a_simultaneous_step(game, modulus):
    assert step_moduli(game, 0.2) == pytest.approx((modulus, modulus), abs=5e-6)
    (eigenvalue, _) = eigenvalues(game)
    assert step_moduli(game, 0.2)[0] == pytest.approx(abs(1 + 0.2 * eigenvalue), abs=1e-12)


def test_the_curvature_of_the_loss_at_the_equilibrium_is_that_of_the_reference():
    """f(t) = -ln(1 + e^-t) has f'(0) = 1/2 and f''(0) = -1/4: the field's derivative in (θ, ψ), and along the noise."""
    assert jacobian(ORIGINAL)[0, 1] == pytest.approx(0.5, abs=1e-12)
    assert jacobian(noisy(1.0))[1, 1] == pytest.approx(2 * -0.25, abs=1e-12)


def test_in_turns_the_unregularized_game_circles_and_neither_order_matters():
    assert step_moduli(ORIGINAL, 0.2, GENERATOR_FIRST) == pytest.approx((1, 1), abs=1e-12)
    assert step_moduli(r1(0.3), 0.2, GENERATOR_FIRST) == pytest.approx(step_moduli(r1(0.3), 0.2, DISCRIMINATOR_FIRST))


def test_the_largest_stable_step_is_where_the_modulus_passes_one():
    assert largest_stable_step(ORIGINAL) == 0
    limit = largest_stable_step(r1(0.3))
    assert max(step_moduli(r1(0.3), 0.999 * limit)) < 1 < max(step_moduli(r1(0.3), 1.001 * limit))


WGAN_GP = DiracGame(Wasserstein(), (GradientPenalty(weight=0.35, target=1.0),))


@pytest.mark.parametrize(
    ("game", "clip", "simultaneous", "in_turns"),
    [
        (ORIGINAL, None, "3.10", "1.42"),
        (DiracGame(NonSaturating()), None, "0.64", "0.28"),
        (DiracGame(Wasserstein()), WeightClipping(limit=1), "1.00", "1.02"),
        (WGAN_GP, None, "1.80", "1.22"),
        (r1(0.3), None, "2.6e-06", "2.3e-07"),
        (r1(1.0), None, "9.5e-22", "7.5e-17"),
        (r1(0.3, NonSaturating()), None, "2.2e-06", "1.5e-07"),
        # the reference has .019 / .012 (sampled noise) and 2.1e-10 / 1.3e-11 (half a product rule): see below
        (noisy(0.7), None, "5.8e-05", "4.0e-06"),
        (ConsensusGame(ORIGINAL), None, "2.6e-10", "1.7e-11"),
    ],
    ids=["original", "non-saturating", "clipped", "WGAN-GP", "R1 .3", "R1 1", "NS + R1", "noise", "consensus"],
)
def test_the_radius_after_500_steps_to_the_printed_digits(game, clip, simultaneous, in_turns):
    for order, expected in ((SIMULTANEOUS, simultaneous), (GENERATOR_FIRST, in_turns)):
        end = radius(trajectory(game, order=order, projection=clip))
        assert (f"{end:.1e}" if "e" in expected else f"{end:.2f}") == expected


@pytest.mark.parametrize(("share", "radii"), [(1.0, ("2.6e-10", "1.7e-11")), (0.5, ("2.1e-10", "1.3e-11"))])
def test_the_reference_s_radius_of_consensus_halves_a_term_of_the_gradient(share, radii):
    """∇ ½f'²(θ² + ψ²) by hand, in the paper's signs: ours in full, the reference's with half of (θ² + ψ²) f' ∇f'."""

    def gradient(theta, psi):
        derivative = 1 / (1 + np.exp(theta * psi))
        bend = share * (theta**2 + psi**2) * derivative**2 * (1 - derivative)
        on_theta = psi * derivative + theta * derivative**2 - bend * psi
        return on_theta, -theta * derivative + psi * derivative**2 - bend * theta

    together, turns = (1.0, 1.0), (1.0, 1.0)
    for _ in range(500):
        change = gradient(*together)
        together = together[0] - 0.2 * change[0], together[1] - 0.2 * change[1]
        moved = turns[0] - 0.2 * gradient(*turns)[0]
        turns = moved, turns[1] - 0.2 * gradient(moved, turns[1])[1]
    assert (f"{hypot(*together):.1e}", f"{hypot(*turns):.1e}") == radii


def test_sampled_noise_keeps_the_players_hovering_at_half_an_inverse_root_of_the_batch():
    game = DiracGame(Minimax(), noise=SampledNoise(0.7, count=1000))
    path = trajectory(game, steps=1200)[400:]
    hover = sqrt((path**2).sum(axis=1).mean())
    assert 0.5 < hover / (0.5 / sqrt(1000)) < 2


def test_three_nodes_are_within_a_hundredth_of_the_true_expectation():
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights, theta, psi = weights / weights.sum(), 1.0, 1.0
    for _ in range(500):
        fake, real = theta + 0.7 * nodes, 0.7 * nodes
        fall = weights @ (-fake / (1 + np.exp(psi * fake))) + weights @ (real / (1 + np.exp(-psi * real)))
        rise = weights @ (psi / (1 + np.exp(psi * fake)))
        theta, psi = theta - 0.2 * rise, psi - 0.2 * fall
    assert radius(trajectory(noisy(0.7))) == pytest.approx(hypot(theta, psi), rel=0.01)


def test_the_library_s_optimizers_play_too():
    plain = trajectory(ORIGINAL, steps=20)
    same = trajectory(ORIGINAL, steps=20, generator=SGD(learning_rate=0.2).build, discriminator=descent(0.2))
    np.testing.assert_array_equal(plain, same)
    adam = Adam(learning_rate=0.01, betas=(0.0, 0.9))
    assert np.isfinite(trajectory(r1(1.0), steps=20, generator=adam.build, discriminator=adam.build)).all()


def test_several_moves_a_step_and_frozen_players():
    five = (("discriminator",),) * 5 + (("generator",),)
    path = trajectory(DiracGame(Wasserstein()), (1.0, 0.0), 1, five)
    np.testing.assert_allclose(path[1], (1 - 0.2, -1.0))
    np.testing.assert_array_equal(trajectory(ORIGINAL, (2.0, 0.5), 3, (("discriminator",),))[:, 0], 2.0)


def test_a_curved_discriminator_may_be_given():
    game = DiracGame(Minimax(), discriminator=lambda samples, psi: psi * torch.tanh(samples))
    np.testing.assert_allclose(jacobian(game), jacobian(ORIGINAL), atol=1e-12)


def test_wgan_gp_has_no_eigenvalues_at_its_equilibrium():
    with pytest.raises(SpecError, match=r"no derivative at \(0.0, 0.0\) .* follow a trajectory instead"):
        eigenvalues(WGAN_GP)


def test_bad_settings_are_named():
    with pytest.raises(SpecError, match="order holds 'generator'; a move is a tuple"):
        trajectory(ORIGINAL, order=("generator",))  # type: ignore[arg-type]
    with pytest.raises(SpecError, match=r"order holds \('critic',\)"):
        step_moduli(ORIGINAL, 0.2, (("critic",),))
    with pytest.raises(SpecError, match="steps is -1"):
        trajectory(ORIGINAL, steps=-1)
    with pytest.raises(SpecError, match=r"the players cannot stand at \(nan, 1.0\); both numbers must be finite"):
        trajectory(ORIGINAL, (np.nan, 1.0))
    with pytest.raises(SpecError, match="learning_rate is 0"):
        descent(0)
    with pytest.raises(SpecError, match="deviation is -1"):
        IntegratedNoise(-1)
    with pytest.raises(SpecError, match="count is 0"):
        SampledNoise(1, 0)
    with pytest.raises(DivergenceError, match="left the finite numbers at step"):
        trajectory(r1(1.0), generator=descent(1e200), discriminator=descent(1e200))
