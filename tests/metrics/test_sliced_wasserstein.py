"""The mathematics of the sliced Wasserstein distance."""

import math

import pytest
import torch

from sparring.errors import ShapeError
from sparring.metrics import sliced_wasserstein


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


def test_distance_of_a_set_to_itself_is_zero_in_any_order(random):
    images = torch.randn(50, 3, 4, 4, generator=random)
    assert sliced_wasserstein(images, images) == 0.0
    assert sliced_wasserstein(images, images[torch.randperm(50, generator=random)]) == pytest.approx(0.0, abs=1e-6)


def test_distance_is_symmetric_with_unequal_counts_too(random):
    one, other = torch.randn(30, 1, 4, 4, generator=random), torch.rand(41, 1, 4, 4, generator=random)
    assert sliced_wasserstein(one, other) == pytest.approx(sliced_wasserstein(other, one), rel=1e-9)


def test_distance_obeys_the_triangle_inequality(random):
    first, second, third = (torch.randn(count, 2, 3, 3, generator=random) for count in (20, 35, 28))
    direct = sliced_wasserstein(first, third)
    assert direct <= sliced_wasserstein(first, second) + sliced_wasserstein(second, third) + 1e-9


def test_shift_of_numbers_is_its_own_length(random):
    # In one dimension the only directions are 1 and -1, and the shift moves every quantile alike.
    numbers = torch.randn(40, 1, generator=random)
    assert sliced_wasserstein(numbers, numbers + 0.75) == pytest.approx(0.75, rel=1e-5)


def test_shift_of_every_pixel_is_that_shift_at_any_image_size(random):
    # E (θ·δ)² = ‖δ‖² / d for θ uniform on the sphere.
    for shape in ((1, 4, 4), (3, 16, 16), (3, 33, 17)):
        images = torch.rand(10, *shape, generator=random)
        assert sliced_wasserstein(images, images + 0.3, projections=2000) == pytest.approx(0.3, rel=0.06)


def test_two_spreads_differ_as_quantiles_of_gaussians_do(random):
    # W₂ of N(0, a²) and N(0, b²) is |a - b|.
    one, other = (torch.randn(4000, 1, 4, 4, generator=random) for _ in range(2))
    assert sliced_wasserstein(0.5 * one, 0.2 * other) == pytest.approx(0.3, rel=0.1)


def test_distance_is_never_above_the_distance_of_a_pairing(random):
    # Any pairing bounds W₂ from above; a projection shortens it, by d on average over directions.
    one, other = torch.randn(30, 12, generator=random), torch.randn(30, 12, generator=random)
    paired = (one - other).square().mean().sqrt().item()
    assert sliced_wasserstein(one, other, projections=1000) <= paired


def test_repeating_every_image_changes_nothing_with_unequal_counts(random):
    one, other = torch.randn(6, 5, generator=random), torch.randn(4, 5, generator=random)
    repeated = sliced_wasserstein(one.repeat(2, 1), other.repeat(3, 1))  # 12 against 12: sorted pairs
    assert sliced_wasserstein(one, other) == pytest.approx(repeated, rel=1e-6)


def test_unequal_counts_match_a_case_by_hand():
    # Quantiles of {0} against those of {0, 3}: half of the mass moves by 3.
    assert sliced_wasserstein(torch.tensor([[0.0]]), torch.tensor([[0.0], [3.0]])) == pytest.approx(math.sqrt(4.5))


def test_missing_variety_is_seen(random):
    modes = torch.eye(8).repeat(20, 1) + 0.05 * torch.randn(160, 8, generator=random)
    other_half = torch.eye(8).repeat(20, 1) + 0.05 * torch.randn(160, 8, generator=random)
    collapsed = torch.eye(8)[:1].repeat(160, 1) + 0.05 * torch.randn(160, 8, generator=random)
    assert sliced_wasserstein(modes, collapsed) > 10 * sliced_wasserstein(modes, other_half)


def test_same_seed_gives_the_same_value_and_another_seed_another(random):
    one, other = torch.randn(20, 1, 4, 4, generator=random), torch.rand(20, 1, 4, 4, generator=random)
    assert sliced_wasserstein(one, other, seed=3) == sliced_wasserstein(one, other, seed=3)
    assert sliced_wasserstein(one, other, seed=3) != sliced_wasserstein(one, other, seed=4)


def test_images_that_are_not_finite_have_no_distance():
    assert math.isnan(sliced_wasserstein(torch.zeros(2, 3), torch.full((2, 3), math.nan)))


@pytest.mark.parametrize(("real", "fake"), [((0, 1, 2, 2), (3, 1, 2, 2)), ((3, 1, 2, 2), (3, 3, 2, 2)), ((3,), (3,))])
def test_sets_that_cannot_be_compared_are_refused_by_their_shapes(real, fake):
    with pytest.raises(ShapeError, match="needs two sets"):
        sliced_wasserstein(torch.zeros(real), torch.zeros(fake))


def test_no_projections_are_refused(random):
    with pytest.raises(ShapeError, match="projections=0"):
        sliced_wasserstein(torch.zeros(2, 3), torch.zeros(2, 3), projections=0)
