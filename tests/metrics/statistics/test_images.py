"""Sets of images: their scale, their shapes, and pairs of them."""

import pytest
import torch

from sparring.errors import MetricError
from sparring.metrics.statistics.images import check_images, random_pairs, signed


def test_bytes_become_numbers_from_minus_one_to_one_and_floats_stay():
    assert signed(torch.tensor([0, 51, 255], dtype=torch.uint8)).tolist() == pytest.approx([-1.0, -0.6, 1.0])
    floats = torch.rand(2, 3)
    assert signed(floats) is floats


def test_pairs_are_two_different_members_of_one_group_spread_evenly_over_groups():
    groups = torch.tensor([5, 9, 5, 2, 9, 5, 9, 9, 9, 7, 7])
    one, other = random_pairs(groups, 300, seed=0)
    assert bool((one != other).all())
    assert bool((groups[one] == groups[other]).all())
    assert torch.bincount(groups[one])[[5, 7, 9]].tolist() == [100, 100, 100]


def test_every_pair_of_a_group_comes_about_equally_often():
    one, other = random_pairs(torch.zeros(4), 12_000, seed=0)
    counts = torch.bincount(one * 4 + other, minlength=16).view(4, 4)
    assert counts.diagonal().tolist() == [0] * 4
    assert bool((counts[~torch.eye(4, dtype=torch.bool)] - 1000).abs().max() < 150)


def test_pairs_are_those_of_the_seed():
    groups = torch.zeros(50)
    assert torch.equal(random_pairs(groups, 9, seed=1)[0], random_pairs(groups, 9, seed=1)[0])
    assert not torch.equal(random_pairs(groups, 9, seed=1)[0], random_pairs(groups, 9, seed=2)[0])


def test_groups_of_one_have_no_pairs():
    with pytest.raises(MetricError, match="two members"):
        random_pairs(torch.arange(5), 3, seed=0)


@pytest.mark.parametrize(
    ("real", "fake", "message"),
    [
        (torch.zeros(3, 4, 4), torch.zeros(3, 4, 4), r"real images have shape \(3, 4, 4\)"),
        (torch.zeros(1, 1, 4, 4), torch.zeros(3, 1, 4, 4), "1 real images are too few; needs at least 2"),
        (torch.zeros(2, 1, 4, 4), torch.zeros(2, 3, 4, 4), "images differ in shape"),
        (torch.zeros(2, 1, 4, 4), torch.full((2, 1, 4, 4), torch.nan), "some fake images are not finite"),
        (torch.zeros(2, 1, 4, 4), torch.zeros(2, 1, 4, 4, dtype=torch.long), "fake images are torch.int64"),
    ],
)
def test_sets_that_are_not_images_are_refused(real, fake, message):
    with pytest.raises(MetricError, match=f"X: .*{message}"):
        check_images("X", 2, real=real, fake=fake)
