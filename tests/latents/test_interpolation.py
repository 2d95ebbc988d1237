"""Ways between latents: their ends, their length, what goes along."""

import pytest
import torch

from sparring.errors import SpecError
from sparring.latents import Latents, interpolate
from sparring.latents.interpolation import linear
from sparring.network import Condition
from sparring.tensors.slerp import slerp


def test_a_straight_way_is_divided_evenly_and_meets_every_latent() -> None:
    latents = Latents("w", torch.tensor([[0.0, 0.0], [4.0, 8.0], [4.0, 0.0]]))
    found = interpolate(latents, 5, linear)
    expected = [[0, 0], [1, 2], [2, 4], [3, 6], [4, 8], [4, 8], [4, 6], [4, 4], [4, 2], [4, 0]]
    assert found.points.tolist() == expected


def test_an_arc_keeps_the_length_where_a_line_would_not() -> None:
    points = torch.nn.functional.normalize(torch.randn(2, 64, generator=torch.Generator().manual_seed(0)), dim=1)
    arc = interpolate(Latents("z", points), 5, slerp).points
    torch.testing.assert_close(arc.norm(dim=1), torch.ones(5))
    angles = (arc[:-1] * arc[1:]).sum(1)
    torch.testing.assert_close(angles, angles[:1].expand(4))
    assert interpolate(Latents("z", points), 5, linear).points[2].norm() < 0.8


def test_a_closed_way_comes_back_and_stops_nowhere_twice() -> None:
    found = interpolate(Latents("w", torch.tensor([[0.0], [2.0]])), 2, linear, closed=True)
    assert found.points.flatten().tolist() == [0, 1, 2, 1]


def test_styles_classes_and_noise_go_along() -> None:
    latents = Latents("z", torch.zeros(2, 3), torch.tensor([0, 2]), (torch.tensor([0.0, 1.0]).view(2, 1, 1, 1),))
    found = interpolate(latents, 3, linear, Condition(3))
    assert found.condition is not None
    assert found.condition.tolist() == [[1, 0, 0], [0.5, 0, 0.5], [0, 0, 1]]
    assert found.noise[0].flatten().tolist() == [0, 0.5, 1]
    assert interpolate(Latents("w+", torch.randn(2, 6, 4)), 3, linear).points.shape == (3, 6, 4)


@pytest.mark.parametrize(("count", "steps"), [(1, 4), (2, 1)])
def test_a_way_needs_two_ends(count: int, steps: int) -> None:
    with pytest.raises(SpecError, match="needs two or more of both"):
        interpolate(Latents("w", torch.zeros(count, 2)), steps, linear)
