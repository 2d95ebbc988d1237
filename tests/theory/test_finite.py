import sys

import numpy as np
import pytest

from sparring.errors import MissingExtraError, ShapeError, SpecError
from sparring.theory import (
    FiniteGame,
    LipschitzCritic,
    Mixtures,
    Original,
    Pure,
    discriminator_first,
    distances_on_the_line,
    generator_first,
    generator_reply,
    jensen_shannon,
    optimal_discriminator,
    point_masses,
    simultaneous,
    solve,
    value,
)

P, Q = (0.5, 0.3, 0.2), (0.2, 0.3, 0.5)
PLACES = (-1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5)
DATA = (0, 0.5, 0, 0, 0, 0.5, 0)


def random_game(seed, points=6, count=5, sharp=0.4):
    random = np.random.default_rng(seed)
    return random.dirichlet(np.full(points, sharp)), random.dirichlet(np.full(points, sharp), size=count)


def test_the_optimal_discriminator_and_the_value_of_the_reference():
    best = optimal_discriminator(P, Q)
    np.testing.assert_allclose(best, (5 / 7, 1 / 2, 2 / 7), atol=1e-15)
    assert value(P, Q, best) == pytest.approx(-1.2534657324, abs=1e-10)
    assert value(P, Q, best) == pytest.approx(2 * jensen_shannon(P, Q) - np.log(4), abs=1e-14)


def test_no_other_discriminator_does_better():
    random = np.random.default_rng(0)
    best = value(P, Q, optimal_discriminator(P, Q))
    assert all(value(P, Q, random.random(3)) < best for _ in range(200))


def test_being_sure_and_wrong_costs_without_bound_and_unseen_points_cost_nothing():
    assert value((1, 0), (0, 1), (0.0, 0.5)) == -np.inf
    assert value((1, 0), (0, 1), (1.0, 0.0)) == 0
    np.testing.assert_array_equal(optimal_discriminator((1, 0, 0), (0, 1, 0)), (1, 0, 0.5))


def test_the_unrestricted_game_has_the_equilibrium_q_equals_p():
    solution = solve(FiniteGame.unrestricted(P))
    assert solution.minimax == pytest.approx(-np.log(4), abs=1e-9)
    assert solution.maximin == pytest.approx(-np.log(4), abs=1e-9)
    np.testing.assert_allclose(solution.q, P, atol=1e-9)
    np.testing.assert_allclose(solution.discriminator, 0.5, atol=1e-9)


def test_the_equilibrium_of_the_original_game_is_unique():
    game, random = FiniteGame.unrestricted(P), np.random.default_rng(1)
    assert simultaneous(game, P, np.full(3, 0.5)).holds
    for _ in range(50):
        q, discriminator = random.dirichlet(np.ones(3)), random.random(3)
        assert not simultaneous(game, q, np.full(3, 0.5)).holds
        assert not simultaneous(game, P, discriminator).holds
        assert not simultaneous(game, q, discriminator).holds
        assert not generator_first(game, q, optimal_discriminator(P, q)).holds


@pytest.mark.parametrize(
    ("objective", "minimax", "maximin"),
    [(Original(), -0.9547712524, -1.3862943611), (LipschitzCritic(distances_on_the_line(PLACES)), 1.0, 0.0)],
)
def test_a_point_mass_makes_the_orders_of_moves_differ(objective, minimax, maximin):
    solution = solve(FiniteGame(DATA, Pure(point_masses(7)), objective))
    assert solution.minimax == pytest.approx(minimax, abs=1e-10)
    assert solution.maximin == pytest.approx(maximin, abs=1e-10)
    mixed = solve(FiniteGame(DATA, Mixtures(point_masses(7)), objective))
    assert mixed.minimax == pytest.approx(maximin, abs=1e-9)
    assert mixed.gap == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("objective", [Original(), LipschitzCritic(distances_on_the_line(PLACES))])
def test_with_a_point_mass_no_pair_of_pure_strategies_is_an_equilibrium(objective):
    game = FiniteGame(DATA, Pure(point_masses(7)), objective)
    for q in point_masses(7):
        for discriminator in (game.discriminator_reply(q).strategy, game.maximin().strategy):
            assert not simultaneous(game, q, discriminator).holds
    first = game.minimax()
    assert generator_first(game, first.strategy, game.discriminator_reply(first.strategy).strategy).holds
    second = game.maximin()
    assert discriminator_first(game, game.generator_reply(second.strategy).strategy, second.strategy).holds


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("objective", [Original(), LipschitzCritic(distances_on_the_line(range(6)))])
def test_mixing_closes_the_gap_and_pure_strategies_leave_it_open(seed, objective):
    p, rows = random_game(seed)
    mixed, pure = (solve(FiniteGame(p, kind(rows), objective)) for kind in (Mixtures, Pure))
    assert mixed.gap == pytest.approx(0, abs=1e-9)
    assert pure.maximin == pytest.approx(mixed.maximin, abs=1e-9)
    assert pure.minimax >= mixed.minimax - 1e-9


def test_a_deviation_pays_what_the_verdict_says():
    game = FiniteGame.unrestricted(P)
    verdict = simultaneous(game, Q, (0.5, 0.5, 0.5))
    gain = value(P, Q, verdict.discriminator.strategy) - value(P, Q, (0.5, 0.5, 0.5))
    assert verdict.discriminator.gain == pytest.approx(2 * jensen_shannon(P, Q), abs=1e-12) == gain
    assert verdict.generator.gain == 0
    assert "discriminator gains 0.1328286288 by playing [0.714286" in verdict.lines()[0]
    assert discriminator_first(game, Q, (0.5, 0.5, 0.5)).holds, "against D = 1/2 every q is a best reply"


def test_the_generator_replies_with_what_the_discriminator_likes_best():
    np.testing.assert_array_equal(generator_reply((0.1, 0.9, 0.9)), (0, 0.5, 0.5))
    np.testing.assert_array_equal(FiniteGame.unrestricted(P).generator_reply((0.1, 0.9, 0.2)).strategy, (0, 1, 0))


def test_what_may_not_be_played_is_named():
    game = FiniteGame.unrestricted(P)
    with pytest.raises(SpecError, match=r"discriminator holds 1.5; probabilities lie in \[0, 1\]"):
        game.value(Q, (0.5, 1.5, 0.5))
    with pytest.raises(ShapeError, match="q has 2 points, reference has 3"):
        game.value((0.5, 0.5), (0.5, 0.5, 0.5))
    with pytest.raises(ShapeError, match=r"discriminator has shape \[2\]; 3 points"):
        game.value(Q, (0.5, 0.5))
    with pytest.raises(ShapeError, match="generator has strategies on 2 points, reference has 3"):
        FiniteGame(P, Pure(point_masses(2)))
    with pytest.raises(SpecError, match="generator, row 0, sums to 2"):
        FiniteGame((0.5, 0.5), Pure([[1, 1], [0, 1]]))
    with pytest.raises(SpecError, match="129 is too large to be solved exactly"):
        FiniteGame.unrestricted(np.full(129, 1 / 129))
    with pytest.raises(SpecError, match="discriminator is steeper than 1"):
        FiniteGame.unrestricted(P, LipschitzCritic(distances_on_the_line(range(3)))).value(Q, (0, 3, 0))


def test_without_scipy_the_message_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(MissingExtraError, match=r'pip install "sparring\[theory\]"'):
        solve(FiniteGame.unrestricted(P, LipschitzCritic(distances_on_the_line(range(3)))))
    assert solve(FiniteGame.unrestricted(P)).minimax == pytest.approx(-np.log(4), abs=1e-9)
