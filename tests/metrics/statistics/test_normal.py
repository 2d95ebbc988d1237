"""The Fréchet distance of normal distributions: closed forms, matrix roots, singular covariances."""

import pytest
import torch
from scipy import linalg

from sparring.errors import MetricError
from sparring.metrics.statistics.accumulators import Moments
from sparring.metrics.statistics.normal import Normal


def moments(features) -> Moments:
    taken = Moments()
    taken.update(features)
    return taken


def rotation(size: int):
    random = torch.Generator().manual_seed(size)
    return torch.linalg.qr(torch.randn(size, size, generator=random, dtype=torch.float64))[0]


def centred(variances) -> Normal:
    q = rotation(len(variances))
    return Normal(torch.zeros(len(variances)), q @ torch.diag(variances) @ q.T)


def by_matrix_root(one: Normal, other: Normal) -> float:
    root = torch.from_numpy(linalg.sqrtm((one.covariance @ other.covariance).numpy()).real.copy())
    shift = (one.mean - other.mean).square().sum()
    return float(shift + (one.covariance + other.covariance - 2 * root).trace())


def by_singular_values(one, other) -> float:
    """The distance of two sets of features without their covariances: tr √(S₁S₂) = ‖R₁R₂ᵀ‖_* of their QR factors."""
    shift = (one.mean(0) - other.mean(0)).square().sum()
    one, other = ((rows - rows.mean(0)) / (len(rows) - 1) ** 0.5 for rows in (one, other))
    factors = [torch.linalg.qr(rows, mode="r")[1] for rows in (one, other)]
    root = torch.linalg.svdvals(factors[0] @ factors[1].T).sum()
    return float(shift + one.square().sum() + other.square().sum() - 2 * root)


def decaying(count: int, size: int, power: float, seed: int):
    """Features [count, size] whose variances fall as 1 / i^power along directions common to all seeds."""
    random = torch.Generator().manual_seed(seed)
    scales = torch.arange(1, size + 1, dtype=torch.float64) ** (-power / 2)
    return torch.randn(count, size, generator=random, dtype=torch.float64) * scales @ rotation(size) + 0.1 * seed


def test_distance_of_two_given_covariances_is_the_known_one():
    one = Normal(torch.zeros(2), torch.tensor([[2.0, 1.0], [1.0, 2.0]]))
    other = Normal(torch.zeros(2), torch.diag(torch.tensor([3.0, 1.0])))
    assert one.frechet_distance(other) == pytest.approx(0.5166852265, abs=1e-10)


@pytest.mark.parametrize("size", [1, 5, 300])
def test_distance_of_round_distributions_is_the_known_one(size):
    mean = torch.linspace(-1, 1, size, dtype=torch.float64)
    result = Normal(torch.zeros(size), torch.eye(size)).frechet_distance(Normal(mean, 2.25 * torch.eye(size)))
    assert result == pytest.approx(float(mean.square().sum()) + size * 0.25, rel=1e-12)


@pytest.mark.parametrize("power", [0.0, 1.0, 2.0])
def test_distance_is_that_of_the_matrix_root(power):
    one, other = (Normal.of(moments(decaying(500, 60, power, seed))) for seed in (1, 2))
    assert one.frechet_distance(other) == pytest.approx(by_matrix_root(one, other), rel=1e-6)
    assert one.frechet_distance(other) == pytest.approx(other.frechet_distance(one), rel=1e-9)


@pytest.mark.parametrize("power", [0.0, 2.0, 4.0, 6.0])
@pytest.mark.parametrize("counts", [(1000, 500), (201, 210), (500, 90), (90, 500), (90, 60), (2, 2)])
def test_distance_is_exact_however_few_the_samples_and_small_their_variances(power, counts):
    one, other = (decaying(count, 200, power, seed) for seed, count in enumerate(counts))
    result = Normal.of(moments(one)).frechet_distance(Normal.of(moments(other)))
    assert result == pytest.approx(by_singular_values(one, other), rel=1e-6)


@pytest.mark.parametrize("decades", [4, 8, 12, 16, 30])
def test_variances_that_are_small_in_one_and_large_in_the_other_are_kept_apart(decades):
    # Commuting covariances: d² = Σ (√a - √b)².
    falling = torch.logspace(0, -decades, 100, dtype=torch.float64)
    for one, other in ((falling, falling.flip(0)), (falling, torch.ones(100, dtype=torch.float64))):
        exact = float((one.sqrt() - other.sqrt()).square().sum())
        assert centred(one).frechet_distance(centred(other)) == pytest.approx(exact, rel=1e-6)
        assert centred(other).frechet_distance(centred(one)) == pytest.approx(exact, rel=1e-6)


def test_features_that_never_change_and_samples_that_repeat_change_nothing():
    one, other = decaying(300, 100, 1.0, 1), decaying(300, 100, 1.0, 2)
    one[:, :20] = 0.3
    repeated = one[:60].repeat(5, 1)
    for left, right in ((one, other), (other, one), (one, one + 1), (repeated, other), (other, repeated)):
        result = Normal.of(moments(left)).frechet_distance(Normal.of(moments(right)))
        assert result == pytest.approx(by_singular_values(left, right), rel=1e-6)


def test_samples_that_are_all_alike_are_as_far_as_their_means_and_the_others_spread():
    point = Normal.of(moments(torch.zeros(5, 3)))
    assert point.frechet_distance(point) == 0.0
    assert point.frechet_distance(Normal(torch.ones(3), torch.eye(3))) == 6.0
    assert Normal(torch.ones(3), torch.eye(3)).frechet_distance(point) == 6.0


@pytest.mark.parametrize("power", [0.0, 2.0, 4.0, 6.0])
@pytest.mark.parametrize("count", [1000, 201, 90])
def test_distance_to_itself_is_zero_to_a_hundred_millionth_of_the_trace(power, count):
    normal = Normal.of(moments(decaying(count, 200, power, 0)))
    assert 0.0 <= normal.frechet_distance(normal) <= 1e-8 * float(normal.covariance.trace())


def test_distance_grows_with_the_square_of_the_unit():
    one, other = decaying(50, 30, 1.0, 1), decaying(50, 30, 1.0, 2)
    small = Normal.of(moments(1e-8 * one)).frechet_distance(Normal.of(moments(1e-8 * other)))
    large = Normal.of(moments(1e8 * one)).frechet_distance(Normal.of(moments(1e8 * other)))
    assert small == pytest.approx(1e-32 * large, rel=1e-6)


def test_the_square_roots_obey_the_triangle_inequality():
    first, second, third = (Normal.of(moments(decaying(80, 20, 1.0, seed))) for seed in range(3))
    direct = first.frechet_distance(third) ** 0.5
    assert direct <= first.frechet_distance(second) ** 0.5 + second.frechet_distance(third) ** 0.5


def test_statistics_of_another_size_are_refused():
    with pytest.raises(MetricError, match=r"features of 2 and of 3 numbers.*one backbone"):
        Normal(torch.zeros(2), torch.eye(2)).frechet_distance(Normal(torch.zeros(3), torch.eye(3)))


@pytest.mark.parametrize(("mean", "covariance"), [((2,), (3, 3)), ((2, 1), (2, 2)), ((0,), (0, 0)), ((2,), (2,))])
def test_shapes_that_are_no_mean_and_covariance_are_refused(mean, covariance):
    with pytest.raises(MetricError, match=r"needs \[d\] and \[d, d\]"):
        Normal(torch.zeros(mean), torch.zeros(covariance))


def test_statistics_that_are_not_finite_are_refused():
    with pytest.raises(MetricError, match="not finite"):
        Normal(torch.zeros(2), torch.tensor([[1.0, float("nan")], [0.0, 1.0]]))


@pytest.mark.parametrize("flawed_first", [True, False])
def test_a_matrix_that_is_no_covariance_is_refused(flawed_first):
    flawed, sound = Normal(torch.zeros(2), torch.diag(torch.tensor([1.0, -0.1]))), Normal(torch.zeros(2), torch.eye(2))
    one, other = (flawed, sound) if flawed_first else (sound, flawed)
    with pytest.raises(MetricError, match="not positive semidefinite"):
        one.frechet_distance(other)
