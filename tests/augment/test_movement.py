"""Pixels that move and stay what they are."""

import pytest
import torch
from torch import Tensor

from sparring.augment import Flip, Shift
from sparring.errors import SpecError


def numbered(count: int, height: int, width: int) -> Tensor:
    return torch.arange(float(height * width)).view(1, 1, height, width).repeat(count, 2, 1, 1)


def test_about_half_of_the_images_are_mirrored_and_the_others_stay() -> None:
    inputs = numbered(1000, 3, 4)
    outputs = Flip()(inputs, torch.Generator().manual_seed(0), 0)
    mirrored = (outputs == inputs.flip(3)).flatten(1).all(1)
    same = (outputs == inputs).flatten(1).all(1)
    assert (mirrored ^ same).all()
    assert 450 < mirrored.sum() < 550


def test_a_shift_moves_all_channels_alike_by_every_distance_in_both_directions() -> None:
    inputs = numbered(2000, 9, 11)
    outputs = Shift(pixels=2)(inputs, torch.Generator().manual_seed(0), 0)
    assert torch.equal(outputs[:, 0], outputs[:, 1])
    inner = outputs[:, 0, 2:-2, 2:-2] - inputs[:, 0, 2:-2, 2:-2]
    assert all((one == one[0, 0]).all() for one in inner)
    moved = -inner[:, 0, 0].long()
    down = (moved + 2).div(11, rounding_mode="floor")
    right = moved - 11 * down
    assert {(a, b) for a, b in zip(down.tolist(), right.tolist(), strict=True)} == {
        (a, b) for a in range(-2, 3) for b in range(-2, 3)
    }


def test_what_comes_in_is_reflected_at_the_edge() -> None:
    row = torch.tensor([0.0, 1.0, 2.0, 3.0]).expand(500, 1, 1, 4)
    outputs = {tuple(one.flatten().tolist()) for one in Shift(pixels=2)(row, torch.Generator().manual_seed(0), 0)}
    assert outputs == {(0, 1, 2, 3), (1, 0, 1, 2), (2, 1, 0, 1), (1, 2, 3, 2), (2, 3, 2, 1)}


def test_a_shift_may_be_longer_than_an_image() -> None:
    outputs = Shift(pixels=50)(numbered(20, 3, 2), torch.Generator().manual_seed(0), 0)
    assert set(outputs.unique().tolist()) <= set(range(6))


def test_a_shift_by_nothing_or_by_parts_of_pixels_is_refused() -> None:
    for pixels in (0, -1, 1.5):
        with pytest.raises(SpecError, match="pixels: got"):
            Shift.read({"pixels": pixels})
