"""Images of any channels are compared by a distance of gray and RGB ones."""

import pytest
import torch
from torch import Tensor

from sparring.latents import PerceptualDistance


def squared(one: Tensor, other: Tensor) -> Tensor:
    assert one.shape[1] in (1, 3)
    return (one - other).square().mean((1, 2, 3))


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
def test_equal_images_have_no_distance_and_different_ones_have_some(channels: int) -> None:
    one, other = torch.rand(2, 3, channels, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    distance = PerceptualDistance(squared)(one, other)
    assert distance.shape == (3,)
    assert (distance > 0).all()
    assert torch.equal(PerceptualDistance(squared)(one, one), torch.zeros(3))


@pytest.mark.parametrize("pixel_weight", [0.0, 1.0])
def test_opacity_counts_and_hidden_colours_do_not(pixel_weight: float) -> None:
    distance = PerceptualDistance(squared, pixel_weight)
    one = torch.rand(1, 4, 8, 8) * 2 - 1
    one[:, 3] = -1
    other = one.clone()
    other[:, :3] = torch.rand(1, 3, 8, 8)
    assert distance(one, other) == 0
    other[:, 3] = 1
    assert distance(one, other) > 0


def test_the_pixel_error_is_added_with_its_weight() -> None:
    one, other = torch.rand(2, 2, 3, 8, 8)
    torch.testing.assert_close(PerceptualDistance(squared, 3.0)(one, other), 4 * squared(one, other))


def test_large_images_are_averaged_down() -> None:
    shapes: list[tuple[int, ...]] = []

    def distance(one: Tensor, other: Tensor) -> Tensor:
        shapes.append(tuple(one.shape))
        return squared(one, other)

    PerceptualDistance(distance)(torch.zeros(1, 3, 512, 512), torch.zeros(1, 3, 512, 512))
    assert shapes == [(1, 3, 256, 256)]
