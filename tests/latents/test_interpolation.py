"""Interpolation between latents: ends, lengths, conditions and noise."""

import pytest
import torch

from sparring.errors import SpecError
from sparring.latents import Latents, interpolate_latents
from sparring.latents.interpolation import lerp
from sparring.network import Condition
from sparring.tensors.slerp import slerp


def test_a_straight_path_is_divided_evenly_and_passes_every_latent() -> None:
    latents = Latents("w", torch.tensor([[0.0, 0.0], [4.0, 8.0], [4.0, 0.0]]))
    path = interpolate_latents(latents, 5, lerp)
    expected = [[0, 0], [1, 2], [2, 4], [3, 6], [4, 8], [4, 8], [4, 6], [4, 4], [4, 2], [4, 0]]
    assert path.points.tolist() == expected


def test_an_arc_keeps_the_length_where_a_line_would_not() -> None:
    points = torch.nn.functional.normalize(torch.randn(2, 64, generator=torch.Generator().manual_seed(0)), dim=1)
    arc = interpolate_latents(Latents("z", points), 5, slerp).points
    torch.testing.assert_close(arc.norm(dim=1), torch.ones(5))
    angles = (arc[:-1] * arc[1:]).sum(1)
    torch.testing.assert_close(angles, angles[:1].expand(4))
    assert interpolate_latents(Latents("z", points), 5, lerp).points[2].norm() < 0.8


def test_a_closed_path_returns_without_repeating_a_latent() -> None:
    path = interpolate_latents(Latents("w", torch.tensor([[0.0], [2.0]])), 2, lerp, closed=True)
    assert path.points.flatten().tolist() == [0, 1, 2, 1]


def test_styles_classes_and_noise_are_interpolated() -> None:
    latents = Latents("z", torch.zeros(2, 3), torch.tensor([0, 2]), (torch.tensor([0.0, 1.0]).view(2, 1, 1, 1),))
    path = interpolate_latents(latents, 3, lerp, Condition(3))
    assert path.condition is not None
    assert path.condition.tolist() == [[1, 0, 0], [0.5, 0, 0.5], [0, 0, 1]]
    assert path.noise[0].flatten().tolist() == [0, 0.5, 1]
    assert interpolate_latents(Latents("w+", torch.randn(2, 6, 4)), 3, lerp).points.shape == (3, 6, 4)


@pytest.mark.parametrize(("count", "steps"), [(1, 4), (2, 1)])
def test_a_path_needs_two_ends(count: int, steps: int) -> None:
    with pytest.raises(SpecError, match="needs two or more of both"):
        interpolate_latents(Latents("w", torch.zeros(count, 2)), steps, lerp)
