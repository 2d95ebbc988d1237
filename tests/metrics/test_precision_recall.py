"""Improved precision and recall, and the realism of single samples."""

import math

import pytest
import torch

from sparring.errors import MetricError
from sparring.metrics.metric import MetricInputs, SampleStatistics
from sparring.metrics.precision_recall import PR, precision_recall, realism
from sparring.metrics.statistics import neighbours


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


def radii(samples, k):
    distances = torch.cdist(samples, samples, compute_mode="donot_use_mm_for_euclid_dist")
    return distances.sort(1).values[:, k]


def by_hand(real, fake, k):
    """Eq. 1 and 2 of the paper, sample by sample."""
    distances = torch.cdist(real.double(), fake.double(), compute_mode="donot_use_mm_for_euclid_dist")
    precision = (distances <= radii(real.double(), k)[:, None]).any(0).double().mean()
    recall = (distances <= radii(fake.double(), k)).any(1).double().mean()
    return precision.item(), recall.item()


@pytest.mark.parametrize("k", [1, 3, 7])
@pytest.mark.parametrize("dimensions", [2, 10, 200])
def test_shares_are_those_of_the_definition_at_any_counts(random, monkeypatch, k, dimensions):
    monkeypatch.setattr(neighbours, "_TILE", 64)
    real = torch.randn(150, dimensions, generator=random)
    fake = 0.9 * torch.randn(110, dimensions, generator=random) + 0.1
    result = precision_recall(real, fake, k)
    assert (result.precision, result.recall) == pytest.approx(by_hand(real, fake, k), abs=1e-12)


def test_precision_of_one_set_is_the_recall_of_the_other(random):
    one, other = torch.randn(80, 8, generator=random), torch.rand(60, 8, generator=random)
    there, back = precision_recall(one, other), precision_recall(other, one)
    assert (there.precision, there.recall) == (back.recall, back.precision)


@pytest.mark.parametrize("dimensions", [5, 500])
def test_a_set_against_its_own_copies_is_perfect(random, dimensions):
    samples = torch.randn(50, dimensions, generator=random)
    result = precision_recall(samples, samples.flip(0))
    assert (result.precision, result.recall) == (1.0, 1.0)


def test_copies_of_real_copies_are_real(random):
    samples = torch.randn(10, 300, generator=random).repeat(5, 1)
    assert precision_recall(samples, samples[:20]).precision == 1.0


def test_a_missing_mode_costs_recall_and_a_strange_one_precision(random):
    modes = torch.tensor([[0.0, 0.0], [100.0, 0.0]])
    real = modes.repeat(100, 1) + torch.randn(200, 2, generator=random)
    missing = modes[:1].repeat(200, 1) + torch.randn(200, 2, generator=random)
    result = precision_recall(real, missing)
    assert result.precision > 0.9
    assert result.recall == pytest.approx(0.5, abs=0.05)
    result = precision_recall(missing, real)
    assert result.precision == pytest.approx(0.5, abs=0.05)


def test_standard_error_is_that_of_a_bootstrap_over_the_generated_samples(random):
    real, fake = torch.randn(200, 2, generator=random), 1.5 * torch.randn(300, 2, generator=random)
    result = precision_recall(real, fake)
    inside = (torch.cdist(fake, real) <= radii(real, 3)).any(1).double()
    draws = torch.randint(0, 300, (4000, 300), generator=random)
    assert result.precision_error == pytest.approx(inside[draws].mean(1).std().item(), rel=0.05)
    assert result.recall_error == pytest.approx(math.sqrt(result.recall * (1 - result.recall) / 200))


def test_realism_is_the_largest_ratio_of_equation_3_over_the_smaller_balls(random):
    real, fake = torch.randn(60, 5, generator=random).double(), torch.randn(40, 5, generator=random).double()
    reach = radii(real, 3)
    kept = reach <= reach.sort().values[29]  # 60 radii: the lower median is the 30th
    ratios = reach[kept] / torch.cdist(fake, real[kept])
    torch.testing.assert_close(realism(real, fake), ratios.amax(1))


def test_realism_ranks_samples_by_how_near_the_real_ones_they_are(random):
    real = torch.randn(100, 3, generator=random)
    scores = realism(real, torch.tensor([[0.0, 0.0, 0.0], [3.0, 3.0, 3.0], [30.0, 30.0, 30.0]]))
    assert scores[0] > 1 > scores[1] > scores[2] > 0


def test_realism_of_a_copy_has_no_bound_even_of_a_copied_one(random):
    real = torch.randn(30, 200, generator=random)
    assert realism(real, real)[realism(real, real) > 10].isinf().all()
    twins = real.repeat(5, 1)
    assert realism(twins, real).isinf().all()


def test_metric_gives_both_shares_with_their_errors(random):
    real, fake = torch.randn(50, 4, generator=random), torch.randn(40, 4, generator=random)
    precision, recall = PR(k=2).measure(
        MetricInputs(SampleStatistics(50, features=real), SampleStatistics(40, features=fake))
    )
    result = precision_recall(real, fake, 2)
    assert (precision.name, precision.value, precision.deviation) == (
        "precision",
        result.precision,
        result.precision_error,
    )
    assert (recall.name, recall.value, recall.deviation) == ("recall", result.recall, result.recall_error)
    assert precision.how == "k = 2; √(p (1 - p) / n) over 40 generated samples, given the others"


@pytest.mark.parametrize("score", [precision_recall, realism])
def test_too_few_real_samples_are_refused(score):
    with pytest.raises(MetricError, match="with k = 3: 3 real samples are too few; needs at least 4"):
        score(torch.zeros(3, 2), torch.zeros(9, 2))


def test_too_few_generated_samples_are_refused():
    with pytest.raises(MetricError, match="3 fake samples are too few"):
        precision_recall(torch.zeros(9, 2), torch.zeros(3, 2))


@pytest.mark.parametrize("score", [precision_recall, realism])
def test_features_that_are_not_finite_are_refused(score):
    fake = torch.zeros(9, 2)
    fake[4, 1] = torch.nan
    with pytest.raises(MetricError, match="1 of 9 fake samples have features that are not finite"):
        score(torch.zeros(9, 2), fake)
