"""The number of different samples, estimated from collisions."""

import math

import pytest
import torch

from sparring.errors import MetricError
from sparring.metrics import birthday as birthday_module
from sparring.metrics.birthday import Birthday, Collisions, birthday_test, near_copy_distance
from sparring.metrics.metric import MetricInputs, SampleStatistics
from sparring.metrics.statistics import neighbours


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


def test_support_is_that_of_people_and_their_birthdays():
    # 23 people share a birthday with probability ½: 23 · 22 / (2 ln 2) = 365.
    assert Collisions(samples=100, pairs=12, batch=23).support == pytest.approx(365, abs=0.1)


@pytest.mark.parametrize("support", [50, 400])
def test_support_of_a_uniform_choice_is_found(random, support):
    points = torch.randn(support, 5, generator=random)
    fake = points[torch.randint(support, (2000,), generator=random)]
    result = birthday_test(fake, distance=1e-6)
    assert result.support == pytest.approx(support, rel=0.15)


def test_batch_is_that_of_which_half_collide_when_drawn_anew(random):
    # The favourite comes with probability ¼, the others never twice: a pair of favourites is all that collides.
    def draw(count):
        fresh = torch.arange(1, count + 1, dtype=torch.float32)[:, None]
        return torch.where(torch.rand(count, 1, generator=random) < 0.25, 0.0, fresh)

    result = birthday_test(draw(2000), distance=0.5)
    shares = [1 - 0.75**s - s * 0.25 * 0.75 ** (s - 1) for s in (result.batch - 1, result.batch)]
    assert shares[0] < 0.55
    assert shares[1] > 0.45


def test_pairs_are_all_those_within_the_distance(random, monkeypatch):
    monkeypatch.setattr(neighbours, "_TILE", 32)
    fake = torch.randn(100, 2, generator=random)
    distances = torch.cdist(fake, fake, compute_mode="donot_use_mm_for_euclid_dist")
    expected = int((distances <= 0.1).triu(1).sum())
    assert expected > 10
    result = birthday_test(fake, 0.1)
    assert (result.samples, result.pairs) == (100, expected)


def test_a_collapsed_generator_has_a_support_of_one_however_many_its_samples():
    result = birthday_test(torch.ones(3000, 300), 0.0)
    assert result.batch == 2
    assert round(result.support) == 1


def test_enough_collisions_are_as_good_as_all(random, monkeypatch):
    points = torch.randn(300, 5, generator=random)
    fake = points[torch.randint(300, (3000,), generator=random)]
    monkeypatch.setattr(neighbours, "_TILE", 128)
    everything = birthday_test(fake, 1e-6)
    monkeypatch.setattr(birthday_module, "_ENOUGH", 2000)
    enough = birthday_test(fake, 1e-6)
    assert enough.samples < everything.samples / 2
    assert enough.pairs <= 2000 < everything.pairs
    assert enough.support == pytest.approx(everything.support, rel=0.15)


def test_no_collision_gives_a_lower_bound_that_holds_in_95_of_100_cases(random):
    result = birthday_test(torch.arange(1000.0)[:, None], 0.5)
    assert (result.pairs, result.batch) == (0, None)
    assert math.exp(-1000 * 999 / 2 / result.support) == pytest.approx(0.05)


def test_same_seed_gives_the_same_batch(random):
    fake = torch.randint(0, 300, (500, 1), generator=random).float()
    assert birthday_test(fake, 0.5, seed=1) == birthday_test(fake, 0.5, seed=1)


def test_near_copies_are_as_near_as_one_real_sample_in_a_hundred_is_to_another(random):
    real = torch.randn(1000, 3, generator=random)
    distances = torch.cdist(real, real, compute_mode="donot_use_mm_for_euclid_dist").fill_diagonal_(torch.inf)
    nearest = distances.amin(1).sort().values
    assert near_copy_distance(real) == pytest.approx(nearest[9].item(), rel=1e-5)
    assert near_copy_distance(real, 1.0) == pytest.approx(nearest[-1].item(), rel=1e-5)


def test_real_samples_with_exact_copies_leave_only_copies_to_collide(random):
    real = torch.randn(50, 300, generator=random).repeat(2, 1)
    assert near_copy_distance(real) == 0.0


def test_samples_as_varied_as_the_real_ones_reach_their_count_over_the_quantile(random):
    sets = (torch.rand(2000, 2, generator=random) for _ in range(2))
    real, fake = (SampleStatistics(2000, features=features) for features in sets)
    (value,) = Birthday(quantile=0.05).measure(MetricInputs(real, fake))
    assert value.value == pytest.approx(2000 / 0.05, rel=0.35)
    assert "near copies among 2000 samples; in half of the batches of" in value.how


def test_metric_says_where_it_knows_a_lower_bound_only(random):
    real, fake = torch.rand(200, 2, generator=random), 1000 * torch.rand(200, 2, generator=random)
    (value,) = Birthday().measure(
        MetricInputs(SampleStatistics(200, features=real), SampleStatistics(200, features=fake))
    )
    assert value.how == "a lower bound at 95 %: no near copies among 200 samples"
    assert value.value == pytest.approx(200 * 199 / 2 / math.log(20))


def test_sets_that_are_too_small_are_refused():
    with pytest.raises(MetricError, match="birthday test: 1 fake samples are too few"):
        birthday_test(torch.zeros(1, 2), 0.1)
    with pytest.raises(MetricError, match="near copies with k = 1: 1 real samples are too few"):
        near_copy_distance(torch.zeros(1, 2))


def test_features_that_are_not_finite_are_refused():
    with pytest.raises(MetricError, match="not finite"):
        birthday_test(torch.full((4, 2), torch.nan), 0.1)


@pytest.mark.parametrize("distance", [-1.0, math.nan])
def test_a_distance_that_is_none_is_refused(distance):
    with pytest.raises(MetricError, match=f"got distance {distance}; needs at least 0"):
        birthday_test(torch.zeros(4, 2), distance)


def test_a_quantile_beyond_one_is_refused():
    with pytest.raises(MetricError, match="needs 0 to 1"):
        near_copy_distance(torch.zeros(4, 2), 1.5)
