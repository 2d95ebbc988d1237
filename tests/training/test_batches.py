"""The order of data and the seeds of moves are functions of the seed and the position, and nothing else."""

import numpy as np
import pytest

from sparring.training.batches import DataOrder, derive_seed

COUNTS = [1, 2, 3, 4, 5, 7, 16, 17, 100, 1797, 8191, 8192, 8193, 60_000]


@pytest.mark.parametrize("count", COUNTS)
def test_an_epoch_shows_every_image_once(count: int) -> None:
    order = DataOrder(count, seed=1)
    for epoch in (0, 1, 5):
        assert np.array_equal(np.sort(order.indices(epoch * count, count)), np.arange(count))


@pytest.mark.parametrize("count", [7, 100, 1797])
def test_every_epoch_and_every_seed_has_its_own_order(count: int) -> None:
    orders = [DataOrder(count, seed).indices(epoch * count, count) for seed in (0, 1) for epoch in (0, 1, 2)]
    assert len({order.tobytes() for order in orders}) == len(orders)


@pytest.mark.parametrize("count", [1, 3, 1797, 60_000])
def test_the_order_depends_on_the_position_alone(count: int) -> None:
    whole = DataOrder(count, seed=3).indices(0, 20_000)
    order = DataOrder(count, seed=3)
    for start, length in ((19_000, 1000), (0, 1), (8190, 5), (8192, 64), (1796, 3), (5, 17_000)):
        assert np.array_equal(order.indices(start, length), whole[start : start + length])
    assert np.array_equal(DataOrder(count, seed=3).indices(12_345, 64), whole[12_345 : 12_345 + 64])


def test_an_order_looks_random() -> None:
    count = 1797
    order = DataOrder(count, seed=0)
    positions = np.stack([np.argsort(order.indices(epoch * count, count)) for epoch in range(200)])
    expected, error = (count - 1) / 2, count / np.sqrt(12 * 200)
    assert np.abs(positions.mean(0) - expected).max() < 5 * error
    neighbours = np.abs(np.diff(order.indices(0, count)))
    assert abs(neighbours.mean() - count / 3) < count / 20
    assert (neighbours == 1).mean() < 0.01


def test_all_orders_of_three_occur() -> None:
    order = DataOrder(3, seed=0)
    orders = {tuple(order.indices(3 * epoch, 3)) for epoch in range(200)}
    assert len(orders) == 6


def test_a_position_far_ahead_is_found_at_once() -> None:
    assert DataOrder(1797, seed=0).indices(10**12, 4).max() < 1797


def test_seeds_differ_by_every_argument_and_are_the_same_on_every_machine() -> None:
    positions = [
        (0, "move", 1, 0),
        (0, "move", 0, 1),
        (1, "move", 1, 0),
        (0, "data", 1, 0),
        (0, "move", 10),
        (0, "move", 1),
    ]
    seeds = [derive_seed(seed, stream, *place) for seed, stream, *place in positions]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert derive_seed(0, "move", 1, 0) == 516196257848670160
