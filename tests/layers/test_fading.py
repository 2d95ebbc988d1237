"""The newest level of a growing network fades in."""

import pytest
import torch
from torch.nn.functional import avg_pool2d, interpolate, leaky_relu

from sparring.layers.fading import FromImages, ToImages, halve, highest


def test_only_the_two_highest_levels_meet_images() -> None:
    assert [list(highest(levels)) for levels in (1, 2, 5)] == [[0], [0, 1], [3, 4]]
    assert list(ToImages([8, 8, 4, 2], 3)) == ["2", "3"]
    assert list(FromImages(3, [8])) == ["0"]


@pytest.mark.parametrize("size", [(8, 12), (7, 11)])
def test_blend_is_the_share_of_the_newest_image(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    layers, lower, newest = ToImages([6, 4, 2], 3), torch.randn(2, 4, 4, 6), torch.randn(2, 2, *size)
    old = interpolate(layers["1"](lower), size)
    assert torch.equal(layers([lower, newest], torch.tensor(0.0)), old)
    assert torch.equal(layers([lower, newest], torch.tensor(1.0)), layers["2"](newest))
    between = layers([lower, newest], torch.tensor(0.25))
    torch.testing.assert_close(between, 0.75 * old + 0.25 * layers["2"](newest))


def test_an_image_is_made_in_full_precision() -> None:
    layers, lower, newest = ToImages([4, 2], 3), torch.randn(2, 4, 4, 4), torch.randn(2, 2, 8, 8)
    with torch.autocast("cpu", torch.bfloat16):
        assert layers([lower, newest], torch.tensor(0.5)).dtype == torch.float32


def test_an_image_is_seen_through_a_leaky_relu() -> None:
    torch.manual_seed(0)
    layers, image = FromImages(3, [8, 4]), torch.randn(2, 3, 8, 8)
    expected = 2**0.5 * leaky_relu(torch.einsum("oi, nihw -> nohw", layers["1"].weight[..., 0, 0], image) / 3**0.5, 0.2)
    torch.testing.assert_close(layers(image, 1), expected)


def test_halving_averages_and_leaves_constant_images_of_odd_sides_alone() -> None:
    image = torch.randn(2, 3, 8, 6)
    torch.testing.assert_close(halve(image), avg_pool2d(image, 2))
    torch.testing.assert_close(halve(torch.ones(1, 1, 7, 9)), torch.ones(1, 1, 4, 5))
