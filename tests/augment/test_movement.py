"""Pixels that move and stay what they are."""

import pytest
import torch
from torch import Tensor

from sparring.augment import Flip, Shift
from sparring.errors import SpecError


def numbered(count: int, height: int, width: int) -> Tensor:
    return torch.arange(float(height * width)).view(1, 1, height, width).repeat(count, 2, 1, 1)


def test_about_half_of_the_images_are_mirrored_and_the_others_stay() -> None:
    given = numbered(1000, 3, 4)
    found = Flip()(given, torch.Generator().manual_seed(0), 0)
    mirrored = (found == given.flip(3)).flatten(1).all(1)
    same = (found == given).flatten(1).all(1)
    assert (mirrored ^ same).all()
    assert 450 < mirrored.sum() < 550


def test_a_shift_moves_all_channels_alike_by_every_distance_in_both_directions() -> None:
    given = numbered(2000, 9, 11)
    found = Shift(pixels=2)(given, torch.Generator().manual_seed(0), 0)
    assert torch.equal(found[:, 0], found[:, 1])
    inner = found[:, 0, 2:-2, 2:-2] - given[:, 0, 2:-2, 2:-2]
    assert all((one == one[0, 0]).all() for one in inner)
    moved = -inner[:, 0, 0].long()
    down = (moved + 2).div(11, rounding_mode="floor")
    right = moved - 11 * down
    assert {(a, b) for a, b in zip(down.tolist(), right.tolist(), strict=True)} == {
        (a, b) for a in range(-2, 3) for b in range(-2, 3)
    }


def test_what_comes_in_is_reflected_at_the_edge() -> None:
    row = torch.tensor([0.0, 1.0, 2.0, 3.0]).expand(500, 1, 1, 4)
    found = {tuple(one.flatten().tolist()) for one in Shift(pixels=2)(row, torch.Generator().manual_seed(0), 0)}
    assert found == {(0, 1, 2, 3), (1, 0, 1, 2), (2, 1, 0, 1), (1, 2, 3, 2), (2, 3, 2, 1)}


def test_a_shift_may_be_longer_than_an_image() -> None:
    found = Shift(pixels=50)(numbered(20, 3, 2), torch.Generator().manual_seed(0), 0)
    assert set(found.unique().tolist()) <= set(range(6))


def test_a_shift_by_nothing_or_by_parts_of_pixels_is_refused() -> None:
    for pixels in (0, -1, 1.5):
        with pytest.raises(SpecError, match="pixels: got"):
            Shift.read({"pixels": pixels})
