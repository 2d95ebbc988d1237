import numpy as np
import pytest

from sparring.errors import ShapeError, SpecError
from sparring.theory import (
    FiniteGame,
    duality_gap,
    jensen_shannon,
    jensen_shannon_bound,
    least_squares,
    least_squares_bound,
    optimal_logit,
    total_variation,
    total_variation_bound,
    wasserstein_bound,
)

P, Q = np.array((0.5, 0.3, 0.2)), np.array((0.2, 0.3, 0.5))
REAL, FAKE = (np.repeat(range(3), (10 * masses).round().astype(int)) for masses in (P, Q))

BOUNDS = [
    (jensen_shannon_bound, jensen_shannon, optimal_logit(P, Q)),
    (total_variation_bound, total_variation, np.sign(P - Q)),
    (least_squares_bound, least_squares, (P - Q) / (P + Q)),
    (wasserstein_bound, lambda p, q: 0.6, np.array((0.0, -1.0, -2.0))),
]


@pytest.mark.parametrize(("bound", "divergence", "best"), BOUNDS)
def test_the_bound_is_the_divergence_at_the_optimal_discriminator_and_below_it_elsewhere(bound, divergence, best):
    assert bound(best[REAL], best[FAKE]).estimate == pytest.approx(divergence(P, Q), abs=1e-12)
    random = np.random.default_rng(0)
    for _ in range(50):
        other = best * random.random() if bound is wasserstein_bound else best + random.normal(size=3)
        assert bound(other[REAL], other[FAKE]).estimate <= divergence(P, Q) + 1e-12


def test_other_labels_and_other_constants_measure_the_same():
    labels = P / (P + Q)
    assert least_squares_bound(labels[REAL], labels[FAKE], 0.0, 1.0).estimate == pytest.approx(least_squares(P, Q))
    steep = np.array((0.0, -3.0, -6.0))
    assert wasserstein_bound(steep[REAL], steep[FAKE], 3.0).estimate == pytest.approx(0.6)


def test_the_standard_error_is_that_of_repeated_samples():
    random, best = np.random.default_rng(0), optimal_logit(P, Q)
    bounds = [
        jensen_shannon_bound(best[random.choice(3, 400, p=P)], best[random.choice(3, 400, p=Q)]) for _ in range(300)
    ]
    spread = np.std([bound.estimate for bound in bounds])
    assert bounds[0].standard_error == pytest.approx(spread, rel=0.15)
    assert "JS ≥ 0.0" in bounds[0].line()
    assert "(at most 0.693147)" in bounds[0].line()


def gap(q, discriminator):
    game = FiniteGame.unrestricted(P)
    return duality_gap(
        game.value,
        q,
        discriminator,
        lambda other: game.generator_reply(other).strategy,
        lambda other: game.discriminator_reply(other).strategy,
    )


def test_the_duality_gap_is_zero_only_at_the_equilibrium_and_bounds_the_distance():
    assert gap(P, np.full(3, 0.5)).gap == pytest.approx(0, abs=1e-12)
    random = np.random.default_rng(0)
    for _ in range(50):
        q, discriminator = random.dirichlet(np.ones(3)), random.uniform(0.05, 0.95, 3)
        assert gap(q, discriminator).gap >= 2 * jensen_shannon(P, q) - 1e-12 > 0


def test_replies_worse_than_what_is_played_do_not_make_the_gap_negative():
    gap_of_bad_replies = duality_gap(lambda x, y: x * y, 1.0, 1.0, lambda y: 2.0, lambda x: -1.0)
    assert (gap_of_bad_replies.worst, gap_of_bad_replies.best, gap_of_bad_replies.gap) == (1.0, 1.0, 0.0)


def test_bad_scores_are_named():
    with pytest.raises(ShapeError, match="real holds no scores"):
        jensen_shannon_bound([], [1.0])
    with pytest.raises(SpecError, match="fake holds a score that is not finite"):
        total_variation_bound([1.0], [np.nan])
    with pytest.raises(SpecError, match="the labels of generated and real samples must differ"):
        least_squares_bound([1.0], [1.0], 1.0, 1.0)
    with pytest.raises(SpecError, match="lipschitz is 0"):
        wasserstein_bound([1.0], [1.0], 0)
