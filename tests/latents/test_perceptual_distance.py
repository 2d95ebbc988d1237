"""Images of any channels are compared by a distance of gray and RGB ones."""

import pytest
import torch
from torch import Tensor

from sparring.latents import Likeness


def squared(one: Tensor, other: Tensor) -> Tensor:
    assert one.shape[1] in (1, 3)
    return (one - other).square().mean((1, 2, 3))


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
def test_what_is_alike_has_no_distance_and_what_is_not_has_some(channels: int) -> None:
    one, other = torch.rand(2, 3, channels, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    found = Likeness(squared)(one, other)
    assert found.shape == (3,)
    assert (found > 0).all()
    assert torch.equal(Likeness(squared)(one, one), torch.zeros(3))


@pytest.mark.parametrize("pixel_weight", [0.0, 1.0])
def test_opacity_counts_and_hidden_colours_do_not(pixel_weight: float) -> None:
    likeness = Likeness(squared, pixel_weight)
    one = torch.rand(1, 4, 8, 8) * 2 - 1
    one[:, 3] = -1
    other = one.clone()
    other[:, :3] = torch.rand(1, 3, 8, 8)
    assert likeness(one, other) == 0
    other[:, 3] = 1
    assert likeness(one, other) > 0


def test_pixels_are_weighted_beside() -> None:
    one, other = torch.rand(2, 2, 3, 8, 8)
    torch.testing.assert_close(Likeness(squared, 3.0)(one, other), 4 * squared(one, other))


def test_large_images_are_averaged_down() -> None:
    seen: list[tuple[int, ...]] = []

    def distance(one: Tensor, other: Tensor) -> Tensor:
        seen.append(tuple(one.shape))
        return squared(one, other)

    Likeness(distance)(torch.zeros(1, 3, 512, 512), torch.zeros(1, 3, 512, 512))
    assert seen == [(1, 3, 256, 256)]
