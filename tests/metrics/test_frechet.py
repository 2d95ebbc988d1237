"""The Fréchet distance of sets of features, and the deviation that FD gives it."""

from functools import reduce

import pytest
import torch

from sparring.errors import MetricError
from sparring.metrics.frechet import FD, frechet_distance, frechet_distance_of_features
from sparring.metrics.metric import MetricInputs, SampleStatistics
from sparring.metrics.statistics.accumulators import Moments


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


def moments(features) -> Moments:
    taken = Moments()
    taken.update(features)
    return taken


def observed(features, folds: int = 5) -> SampleStatistics:
    return SampleStatistics(len(features), tuple(moments(features[fold::folds]) for fold in range(folds)))


def inputs(real, fake, folds: int = 5) -> MetricInputs:
    return MetricInputs(observed(real), observed(fake, folds))


@pytest.mark.parametrize(("n", "m"), [(30, 20), (20, 30), (50, 50), (2, 2), (51, 30), (30, 51), (200, 300)])
def test_features_are_as_far_apart_as_their_moments(random, n, m):
    real = torch.randn(n, 50, generator=random)
    fake = 1.5 * torch.randn(m, 50, generator=random) + 0.2
    result = frechet_distance_of_features(real, fake)
    assert result == pytest.approx(frechet_distance(moments(real), moments(fake)), rel=1e-9)


@pytest.mark.parametrize("count", [20, 200])
def test_a_set_is_at_no_distance_from_itself(random, count):
    features = torch.randn(count, 50, generator=random) * torch.logspace(0, -5, 50)
    assert frechet_distance_of_features(features, features) <= 1e-8 * float(features.var(0).sum())


def test_a_shift_of_all_features_is_its_own_square(random):
    features = torch.randn(20, 50, generator=random, dtype=torch.float64)
    assert frechet_distance_of_features(features, features + 0.5) == pytest.approx(50 * 0.25, rel=1e-9)


def test_samples_that_repeat_among_few_change_nothing_but_the_counts_correction(random):
    real, fake = (torch.randn(10, 50, generator=random, dtype=torch.float64) for _ in range(2))
    twice = frechet_distance_of_features(real.repeat(2, 1), fake)
    scaled = real.mean(0) + (real - real.mean(0)) * (2 * 9 / 19) ** 0.5
    assert twice == pytest.approx(frechet_distance_of_features(scaled, fake), rel=1e-7)


def test_half_precision_features_are_taken_as_they_are(random):
    real, fake = (torch.randn(40, 8, generator=random).bfloat16() for _ in range(2))
    assert frechet_distance_of_features(real, fake) == frechet_distance_of_features(real.double(), fake.double())


def test_features_that_do_not_fit_or_are_too_few_or_not_finite_are_refused():
    with pytest.raises(MetricError, match="differ in size"):
        frechet_distance_of_features(torch.zeros(5, 3), torch.zeros(5, 4))
    with pytest.raises(MetricError, match="1 fake samples are too few"):
        frechet_distance_of_features(torch.zeros(5, 3), torch.zeros(1, 3))
    with pytest.raises(MetricError, match="5 of 5 real samples"):
        frechet_distance_of_features(torch.full((5, 3), torch.inf), torch.zeros(5, 3))


def test_fd_is_the_distance_between_all_samples_of_both_sides(random):
    real, fake = torch.randn(300, 6, generator=random), torch.randn(100, 6, generator=random) + 1
    (value,) = FD().measure(inputs(real, fake))
    assert value.name == "FD"
    assert value.value == pytest.approx(frechet_distance_of_features(real, fake), rel=1e-9)
    assert value.how == "jackknife over 5 folds of the generated samples"


def test_deviation_of_fd_is_the_jackknife_written_out(random):
    real, fake = torch.randn(300, 6, generator=random), torch.randn(100, 6, generator=random) + 1
    (value,) = FD().measure(inputs(real, fake))
    left = []
    for fold in range(5):
        rest = torch.cat([fake[other::5] for other in range(5) if other != fold])
        left.append(frechet_distance_of_features(real, rest))
    exact = torch.tensor(left, dtype=torch.float64).var(correction=0) * 4
    assert value.deviation == pytest.approx(float(exact.sqrt()), rel=1e-6)


def test_deviation_of_fd_is_near_what_other_samples_would_change(random):
    real = torch.randn(5000, 4, generator=random)
    values = []
    for _ in range(80):
        values += FD().measure(inputs(real, 1.3 * torch.randn(207, 4, generator=random) + 0.3, folds=10))
    scatter = torch.tensor([value.value for value in values]).std()
    claimed = torch.tensor([value.deviation for value in values]).square().mean().sqrt()
    assert 0.75 < float(claimed / scatter) < 1.35


def test_folds_without_samples_count_for_nothing(random):
    real, fake = torch.randn(50, 3, generator=random), torch.randn(40, 3, generator=random)
    one = inputs(real, fake)
    more = MetricInputs(one.real, SampleStatistics(40, (*one.fake.folds, Moments())))
    assert FD().measure(more) == FD().measure(one)


def test_a_single_fold_leaves_no_deviation(random):
    features = torch.randn(50, 3, generator=random)
    (value,) = FD().measure(inputs(features, features + 1, folds=1))
    assert value.deviation is None
    assert value.value == pytest.approx(3.0)


def test_fd_of_a_stream_merged_over_folds_equals_that_of_one_pass(random):
    real, fake = torch.randn(400, 12, generator=random) + 1e4, torch.randn(300, 12, generator=random) + 1e4
    streamed = Moments()
    for batch in torch.split(fake, 7):
        streamed.update(batch)
    merged = reduce(Moments.merged, [moments(fold) for fold in torch.split(fake, 41)])
    exact = frechet_distance_of_features(real, fake)
    assert frechet_distance(moments(real), streamed) == pytest.approx(exact, rel=1e-8)
    assert frechet_distance(moments(real), merged) == pytest.approx(exact, rel=1e-8)


@pytest.mark.parametrize("count", [0, 1])
def test_fd_of_too_few_samples_names_the_side(random, count):
    some, few = torch.randn(50, 3, generator=random), torch.randn(count, 3, generator=random)
    with pytest.raises(MetricError, match=f"FD: {count} generated samples are too few"):
        FD().measure(inputs(some, few))
    with pytest.raises(MetricError, match=f"FD: {count} real samples are too few"):
        FD().measure(inputs(few, some))
    with pytest.raises(MetricError, match="0 real samples"):
        FD().measure(MetricInputs(SampleStatistics(0), observed(some)))
