"""Distances in tiles and nearest neighbours, against all pairs at once."""

import pytest
import torch

from sparring.errors import MetricError
from sparring.metrics.statistics import neighbours
from sparring.metrics.statistics.neighbours import (
    check_neighbours,
    nearest_neighbour,
    nearest_others,
    squared_distances,
    squared_distances_within,
)


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


@pytest.fixture(autouse=True)
def _small_tiles(monkeypatch):
    monkeypatch.setattr(neighbours, "_TILE", 16)


def all_pairs(one, other):
    return (one.double()[:, None] - other.double()).square().sum(2)


def assembled(tiles, rows, columns):
    squares = torch.full((rows, columns), torch.nan, dtype=torch.float64)
    for tile in tiles:
        assert squares[tile.rows, tile.columns].isnan().all()
        squares[tile.rows, tile.columns] = tile.squares.double()
    return squares


@pytest.mark.parametrize(("dimensions", "tolerance"), [(1, 1e-13), (20, 1e-13), (300, 1e-5)])
def test_tiles_make_up_all_distances_of_two_sets_of_any_counts(random, dimensions, tolerance):
    one, other = (torch.randn(count, dimensions, generator=random) for count in (37, 50))
    squares = assembled(squared_distances(one, other), 37, 50)
    torch.testing.assert_close(squares, all_pairs(one, other), rtol=tolerance, atol=tolerance)


def test_tiles_of_a_set_hold_every_pair_once_and_nobody_with_itself(random):
    samples = torch.randn(45, 3, generator=random)
    squares = assembled(squared_distances_within(samples), 45, 45)
    later, earlier = torch.tril_indices(45, 45, -1)
    torch.testing.assert_close(squares[later, earlier], all_pairs(samples, samples)[later, earlier])
    assert (squares.diagonal() == torch.inf).all()


def test_float64_features_of_any_dimension_have_float64_distances(random):
    one, other = (torch.randn(20, 300, generator=random, dtype=torch.float64) for _ in range(2))
    squares = assembled(squared_distances(one, other), 20, 20)
    torch.testing.assert_close(squares, all_pairs(one, other), rtol=1e-12, atol=0)


def test_what_all_samples_share_does_not_drown_their_distances(random):
    one, other = (torch.randn(30, 300, generator=random) for _ in range(2))
    near = assembled(squared_distances(one, other), 30, 30)
    far = assembled(squared_distances(one + 1024, other + 1024), 30, 30)  # the sum rounds to 6e-5
    torch.testing.assert_close(far, near, rtol=1e-4, atol=0)


@pytest.mark.parametrize("dimensions", [2, 129, 2048])
def test_copies_are_at_distance_zero_and_nothing_is_below(random, dimensions):
    samples = torch.randn(40, dimensions, generator=random).relu()
    squares = assembled(squared_distances(samples, samples.flip(0)), 40, 40)
    assert (squares.fliplr().diagonal() == 0).all()
    assert (squares >= 0).all()


@pytest.mark.parametrize("k", [1, 3, 20, 44])
@pytest.mark.parametrize("dimensions", [4, 150])
def test_nearest_others_are_those_of_all_pairs(random, k, dimensions):
    samples = torch.randn(45, dimensions, generator=random)
    squares = all_pairs(samples, samples).fill_diagonal_(torch.inf).sort(1).values[:, :k]
    torch.testing.assert_close(nearest_others(samples, k).double(), squares, rtol=1e-5, atol=0)


def test_copies_of_a_sample_are_others(random):
    samples = torch.randn(20, 500, generator=random).repeat(2, 1)
    squares = nearest_others(samples, 2)
    assert (squares[:, 0] == 0).all()
    assert (squares[:, 1] > 0).all()


@pytest.mark.parametrize("dimensions", [4, 150])
def test_nearest_gives_the_place_and_the_distance_of_all_pairs(random, dimensions):
    queries, samples = (torch.randn(count, dimensions, generator=random) for count in (37, 50))
    squares, places = all_pairs(queries, samples).min(1)
    distances, indices = nearest_neighbour(queries, samples)
    assert torch.equal(indices, places)
    assert distances.dtype == torch.float64
    torch.testing.assert_close(distances, squares.sqrt(), rtol=1e-12, atol=0)


def test_nearest_of_equals_is_the_first():
    samples = torch.tensor([[5.0, 0.0], [1.0, 1.0]]).repeat(20, 1)
    assert nearest_neighbour(samples[:2], samples)[1].tolist() == [0, 1]


def test_distance_to_a_near_copy_is_exact_beyond_the_rounding_of_products(random):
    samples = torch.randn(20, 1000, generator=random)
    shifted = samples.clone()
    shifted[:, 0] += 2**-10
    expected = (shifted[:, 0].double() - samples[:, 0].double()).abs()
    torch.testing.assert_close(nearest_neighbour(shifted, samples)[0], expected, rtol=1e-12, atol=0)


def test_half_precision_and_whole_numbers_are_taken_as_they_are(random):
    whole = torch.randint(0, 256, (30, 200), generator=random, dtype=torch.uint8)
    torch.testing.assert_close(nearest_others(whole, 2), nearest_others(whole.float(), 2))
    half = torch.randn(30, 200, generator=random).half()
    torch.testing.assert_close(nearest_others(half, 2), nearest_others(half.float(), 2))


def test_no_neighbours_and_too_many_are_refused():
    with pytest.raises(MetricError, match="precision: got k = 0 neighbours; needs at least 1"):
        check_neighbours("precision", 0, real=torch.zeros(3, 2))
    with pytest.raises(MetricError, match="precision with k = 3: 3 real samples are too few; needs at least 4"):
        check_neighbours("precision", 3, real=torch.zeros(3, 2))
