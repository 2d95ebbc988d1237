"""Images of two domains that nothing pairs."""

import numpy as np
import pytest
import torch

from sparring.data import ImageFiles, Ring, Unpaired
from sparring.data.images import Images
from sparring.data.jitter import Jitter
from sparring.data.unpaired import UnpairedImages
from sparring.errors import DataError


def random(seed=0):
    return torch.Generator().manual_seed(seed)


def numbered(count, start, channels=1, side=4):
    """Images whose pixels are all their own number."""
    numbers = np.arange(start, start + count, dtype=np.uint8)[:, None, None, None]
    return Images(np.broadcast_to(numbers, (count, channels, side, side)).copy(), name=f"from {start}")


def numbers(images):
    return ((images[:, 0, 0, 0] + 1) * 127.5).round().long()


def test_one_domain_follows_the_indices_and_the_other_its_own_order():
    both = UnpairedImages(numbered(7, 100, channels=3), numbered(40, 0), Jitter())
    assert (len(both), both.shape, both.condition.shape) == (40, (1, 4, 4), (3, 4, 4))
    indices = np.tile(np.arange(40), 10)
    b, a = both.batch(indices, random())
    assert numbers(b).tolist() == indices.tolist()
    counts = torch.bincount(numbers(a) - 100)
    assert len(counts) == 7
    assert counts.min() > 30  # of 400 / 7 = 57: every one about as often


def test_what_is_drawn_beside_an_image_changes_with_the_seed_only():
    both = UnpairedImages(numbered(50, 100), numbered(20, 0), Jitter(mirror=True, crop=(2, 2)))
    indices = np.arange(20)
    same, again, other = (both.batch(indices, random(seed))[1] for seed in (0, 0, 1))
    assert torch.equal(same, again)
    assert not torch.equal(same, other)
    assert same.shape == (20, 1, 2, 2)


def test_different_sizes_are_refused():
    with pytest.raises(DataError, match=r"images of 8x8 in a and of 4x4 in b; .* data\.a\.size=4x4"):
        UnpairedImages(numbered(3, 0, side=8), numbered(3, 0), Jitter())


def test_points_are_refused():
    with pytest.raises(DataError, match=r"samples of shapes \(2,\) in a"):
        Unpaired(a=Ring(count=10), b=Ring(count=10)).load()


def test_a_crop_larger_than_the_images_is_refused():
    with pytest.raises(DataError, match=r"data\.crop: cannot cut 5x5 out of images of 4x4"):
        UnpairedImages(numbered(3, 0), numbered(3, 0), Jitter(crop=(5, 5)))


def test_folders_of_any_number_of_images_each_are_loaded(tmp_path, draw):
    for index in range(5):
        draw(f"a/{index}.png", 8, 8, 3, seed=index)
    for index in range(3):
        draw(f"b/{index}.png", 8, 8, 3, seed=10 + index)
    a, b = (ImageFiles(path=tmp_path / "images" / name) for name in "ab")
    both = Unpaired(a=a, b=b, mirror=True).load()
    assert (len(both), both.facts.mirror, both.name) == (3, True, "a and b, unpaired")
    assert both.digest != Unpaired(a=b, b=a).load().digest
