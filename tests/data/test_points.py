"""Points are batched and depicted like images."""

import numpy as np
import pytest
import torch

from sparring.data import Grid, Line, Points
from sparring.data.dataset import Dataset


def test_a_batch_is_the_points_at_the_indices() -> None:
    points = Grid(count=50).load()
    batch, labels = points.batch(np.array([3, 3, 7]), torch.Generator())
    assert torch.equal(batch, torch.from_numpy(points.points[[3, 3, 7]]))
    assert labels is None
    assert isinstance(points, Dataset)
    assert points.shape == (2,)


def test_the_modes_come_with_a_mixture_and_only_there() -> None:
    modes = Grid(count=50).load().modes
    assert modes is not None
    assert modes.centers.shape == (25, 2)
    assert Points(np.zeros((3, 2), np.float32), "zeros").modes is None


@pytest.mark.parametrize("dimension", [1, 2])
def test_a_picture_shows_samples_in_orange(dimension: int) -> None:
    points = (Grid(count=500) if dimension == 2 else Line(count=500)).load()
    canvas = np.asarray(points.depict(torch.from_numpy(points.points[:100])))
    assert ((canvas[..., 0] == 230) & (canvas[..., 1] == 85)).sum() > 50


def test_scores_colour_the_ground_and_infinite_samples_are_left_out() -> None:
    points = Grid(count=500).load()
    samples = torch.tensor([[float("nan"), 0.0], [float("inf"), 1.0], [0.0, 0.0]])
    plain, coloured = (np.asarray(points.depict(samples, score)) for score in (None, lambda place: place[:, :1]))
    assert len(np.unique(plain.reshape(-1, 3), axis=0)) <= 3
    left, right = coloured[5, 5].astype(int), coloured[5, -5].astype(int)
    assert left[2] > left[0]  # scored as generated: blue
    assert right[1] > right[0]  # scored as real: green


def test_points_of_many_numbers_are_shown_in_the_plane_in_which_they_vary_most() -> None:
    random = np.random.default_rng(0)
    plane = random.normal(size=(200, 2)) * (2, 1)
    axes = np.linalg.qr(random.normal(size=(5, 5)))[0]
    far = Points((plane @ axes[:2] + 7).astype(np.float32), "far")
    projected = ((far.points - far._mean) @ far._axes) ** 2
    np.testing.assert_allclose(projected.sum(1), ((plane - plane.mean(0)) ** 2).sum(1), rtol=1e-3, atol=1e-4)
    across = torch.from_numpy(far.points[:50]) + 3 * torch.from_numpy(axes[4]).float()
    assert far.depict(torch.from_numpy(far.points[:50])).tobytes() == far.depict(across).tobytes()
