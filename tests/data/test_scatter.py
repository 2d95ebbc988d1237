"""Points in a plane become a picture that shows which group each belongs to."""

import numpy as np
import pytest
import torch

from sparring.data.scatter import scatter
from sparring.errors import ShapeError


def colours(image):
    return {tuple(colour) for colour in np.asarray(image).reshape(-1, 3)}


def test_every_group_has_a_colour_of_its_own():
    points = torch.rand(40, 2, generator=torch.Generator().manual_seed(0))
    assert len(colours(scatter(points, torch.arange(40) % 4))) == 5  # and the background


def test_the_first_number_goes_right_and_the_second_up():
    points = torch.tensor([[0.0, 0.0], [1.0, 1.0], [1.0, 0.0]])
    pixels = np.asarray(scatter(points, torch.tensor([0, 0, 1]))).astype(int)
    other = np.argwhere(pixels[..., 1] - pixels[..., 0] > 50)
    rows, columns = other.mean(0)
    assert rows > 400
    assert columns > 400


def test_the_pattern_sets_the_window_and_strays_are_left_out():
    points = torch.tensor([[0.0, 0.0], [1.0, 1.0], [100.0, 0.0], [float("nan"), 0.0]])
    assert len(colours(scatter(points, torch.tensor([-1, -1, 0, 0])))) == 2


def test_anything_but_points_in_a_plane_is_refused():
    with pytest.raises(ShapeError, match=r"\[N, 2\]"):
        scatter(torch.zeros(3, 3), torch.zeros(3))
