"""Toy worlds are the distributions that their papers describe."""

import numpy as np
import pytest

from sparring.data import Checkerboard, Grid, Line, Ring, SwissRoll, TwoMoons
from sparring.data.catalog.worlds import Mixture, World
from sparring.errors import SpecError

WORLDS = [Ring(), Grid(), Line(), SwissRoll(), TwoMoons(), Checkerboard()]


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.kind())
def test_the_seed_decides_the_points(world: World) -> None:
    few = world.model_copy(update={"count": 100})
    assert few.load().digest == few.load().digest
    assert few.load().digest != few.model_copy(update={"seed": 1}).load().digest
    assert few.load().points.dtype == np.float32


@pytest.mark.parametrize("world", WORLDS[:3], ids=lambda world: world.kind())
def test_a_mixture_lies_evenly_around_its_centers(world: Mixture) -> None:
    points = world.draw(20_000, np.random.default_rng(0))
    distances = np.linalg.norm(points[:, None] - world.centers()[None], axis=-1)
    nearest = distances.argmin(1)
    shares = np.bincount(nearest, minlength=len(world.centers())) / len(points)
    assert np.abs(shares - 1 / len(world.centers())).max() < 0.02
    offsets = points - world.centers()[nearest]
    assert offsets.std() == pytest.approx(world.deviation, rel=0.02)


def test_ring_and_grid_are_pacgans() -> None:
    assert np.allclose(np.linalg.norm(Ring().centers(), axis=1), 1)
    assert len(Ring().centers()) == 8
    assert sorted(set(Grid().centers().ravel())) == [-4, -2, 0, 2, 4]
    assert len(Grid().centers()) == 25
    assert (Ring().deviation, Grid().deviation) == (0.01, 0.05)


def test_a_checkerboard_leaves_every_second_field_empty() -> None:
    fields = np.floor(Checkerboard().draw(5_000, np.random.default_rng(0)) + 2).astype(int)
    assert set(map(tuple, fields)) == {
        (row, column) for row in range(4) for column in range(4) if (row + column) % 2 == 0
    }


def test_a_board_of_one_field_is_refused() -> None:
    with pytest.raises(SpecError, match="at least 2"):
        Checkerboard(side=1).load()


def test_moons_and_roll_stay_in_their_bounds() -> None:
    random = np.random.default_rng(0)
    assert np.abs(TwoMoons(noise=0).draw(1_000, random)).max() <= 1.5
    radii = np.linalg.norm(SwissRoll(noise=0).draw(1_000, random), axis=1)
    assert 1.5 * np.pi / 7.5 <= radii.min() <= radii.max() <= 4.5 * np.pi / 7.5
