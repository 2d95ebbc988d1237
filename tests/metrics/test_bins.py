"""Bins that hold too many or too few samples."""

import math

import pytest
import torch

from sparring.errors import MetricError
from sparring.metrics.bins import NDB, Bins, fill_bins
from sparring.metrics.metric import MetricInputs, SampleStatistics


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


def bins(real, fake):
    return Bins(torch.tensor(real), torch.tensor(fake), torch.zeros(len(real), 1))


def clusters(counts, random):
    centers = 100 * torch.eye(len(counts))
    labels = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    return centers[labels] + torch.randn(len(labels), len(counts), generator=random)


def test_two_proportion_test_matches_a_case_by_hand():
    # 15 of 100 against 30 of 100: s = .225, z = .15 / √(.225 · .775 · .02) = 2.54
    result = bins([15, 85], [30, 70])
    assert result.excess[0].item() == pytest.approx(0.15 / math.sqrt(0.225 * 0.775 * 0.02))
    assert result.excess.sum().item() == pytest.approx(0.0)
    assert result.different.tolist() == [True, True]
    assert not bins([15, 85], [20, 80]).different.any()


def test_level_of_the_test_is_five_percent(random):
    real, fake = (
        torch.randint(4000, (count,), generator=random).bincount(minlength=4000) for count in (300_000, 200_000)
    )
    assert bins(real.tolist(), fake.tolist()).different.double().mean().item() == pytest.approx(0.05, abs=0.012)


def test_bins_that_no_sample_is_in_do_not_differ():
    result = bins([10, 0], [10, 0])
    assert result.excess.tolist() == [0.0, 0.0]
    assert result.divergence == 0.0


def test_divergence_is_zero_for_equal_shares_and_ln_2_for_disjoint_ones():
    assert bins([10, 30], [5, 15]).divergence == pytest.approx(0.0, abs=1e-15)
    assert bins([10, 0], [0, 20]).divergence == pytest.approx(math.log(2))


def test_divergence_matches_a_case_by_hand():
    p, q, middle = (0.25, 0.75), (0.5, 0.5), (0.375, 0.625)
    expected = sum(0.5 * a * math.log(a / m) + 0.5 * b * math.log(b / m) for a, b, m in zip(p, q, middle, strict=True))
    assert bins([25, 75], [50, 50]).divergence == pytest.approx(expected)


def test_samples_are_counted_in_the_cluster_that_they_are_of(random):
    result = fill_bins(clusters([400, 500, 600], random), clusters([90, 10, 50], random), bins=3)
    assert int(result.real.sum()) == 750
    pairs = sorted(zip(result.fake.tolist(), result.real.tolist(), strict=True))
    assert [fake for fake, _ in pairs] == [10, 50, 90]
    assert [real for _, real in pairs] == pytest.approx([250, 300, 200], abs=50)


def test_a_missing_cluster_makes_its_bins_differ(random):
    real, fake = clusters([400] * 5, random), clusters([250, 250, 250, 250, 0], random)
    result = fill_bins(real, fake, bins=5)
    assert result.different.all()
    lacking = result.excess.argmin()
    assert result.fake[lacking] == 0


@pytest.mark.parametrize("dimensions", [2, 300])
def test_one_distribution_differs_in_about_five_percent_of_bins_and_diverges_as_chance_does(random, dimensions):
    real, fake = torch.randn(6000, dimensions, generator=random), torch.randn(4000, dimensions, generator=random)
    result = fill_bins(real, fake, bins=100)
    assert result.different.count_nonzero() <= 12
    assert result.divergence == pytest.approx(99 * (1 / 3000 + 1 / 4000) / 8, rel=0.4)


def test_metric_gives_the_share_of_bins_and_the_divergence(random):
    real, fake = clusters([400] * 5, random), clusters([300, 300, 200, 200, 0], random)
    inputs = MetricInputs(SampleStatistics(2000, features=real), SampleStatistics(1000, features=fake), seed=1)
    share, divergence = NDB(bins=5).measure(inputs)
    assert (share.name, share.value, share.how) == ("NDB", 0.6, "3 of 5 bins; chance makes 5 %")
    assert divergence.value == fill_bins(real, fake, 5, seed=1).divergence
    assert tuple(NDB.directions) == (share.name, divergence.name)


def test_too_few_samples_for_the_bins_are_refused():
    with pytest.raises(MetricError, match="NDB with 100 bins: 500 fake samples are too few; needs at least 1000"):
        fill_bins(torch.zeros(2000, 2), torch.zeros(500, 2))
    with pytest.raises(MetricError, match="NDB with 100 bins: 1999 real samples are too few; needs at least 2000"):
        fill_bins(torch.zeros(1999, 2), torch.zeros(1000, 2))


def test_one_bin_is_refused():
    with pytest.raises(MetricError, match="NDB: got 1 bins; needs at least 2"):
        fill_bins(torch.zeros(1000, 2), torch.zeros(500, 2), bins=1)


def test_features_that_are_not_finite_are_refused():
    with pytest.raises(MetricError, match="not finite"):
        fill_bins(torch.zeros(40, 2), torch.full((20, 2), torch.nan), bins=2)
