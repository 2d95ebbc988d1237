"""Random crops and flips that do the same to all images of a group."""

import pytest
import torch

from sparring.data import Jitter
from sparring.errors import DataError


def places(count=64, height=6, width=9):
    """Images with the position of each pixel as its value."""
    return torch.arange(height * width).float().reshape(1, 1, height, width).expand(count, -1, -1, -1)


def test_both_images_are_cut_and_flipped_alike():
    jitter = Jitter(mirror=True, crop=(4, 5))
    one, other = jitter(torch.Generator().manual_seed(0), places(), places().expand(-1, 3, -1, -1) + 1000)
    assert one.shape == (64, 1, 4, 5)
    assert other.shape == (64, 3, 4, 5)
    torch.testing.assert_close(other, (one + 1000).expand(-1, 3, -1, -1))


def test_every_window_lies_in_the_image_and_all_places_occur():
    (cut,) = Jitter(crop=(4, 5))(torch.Generator().manual_seed(0), places(512))
    corners = cut[:, 0, 0, 0].long()
    expected = corners[:, None, None] + 9 * torch.arange(4)[:, None] + torch.arange(5)
    torch.testing.assert_close(cut[:, 0].long(), expected)
    assert set(corners.tolist()) == {9 * top + left for top in range(3) for left in range(5)}


def test_about_half_are_flipped():
    (flipped,) = Jitter(mirror=True)(torch.Generator().manual_seed(0), places(1000))
    assert 0.45 < (flipped[:, 0, 0, 0] == 8).float().mean() < 0.55


def test_nothing_asked_draws_nothing():
    random = torch.Generator().manual_seed(3)
    before = random.get_state()
    (same,) = Jitter()(random, places())
    assert torch.equal(random.get_state(), before)
    torch.testing.assert_close(same, places())


def test_a_crop_larger_than_the_images_is_refused():
    assert Jitter(crop=(4, 5)).window((6, 9)) == (4, 5)
    with pytest.raises(DataError, match=r"data\.crop: cannot cut 4x10 out of images of 6x9; load them larger"):
        Jitter(crop=(4, 10)).window((6, 9))
