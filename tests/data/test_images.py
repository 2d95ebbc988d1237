"""Batches are deterministic, in [-1, 1], and go back to the same pixels."""

import numpy as np
import pytest
import torch

from sparring.data import Images, Targets, to_pixels
from sparring.data.images import from_pixels
from sparring.errors import DataError


def random(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("dtype", "depth"), [(np.uint8, 8), (np.uint16, 16)])
def test_every_pixel_value_survives_the_way_to_the_network_and_back(dtype, depth):
    values = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)
    scaled = from_pixels(torch.from_numpy(values))
    assert scaled.min() == -1
    assert scaled.max() == 1
    np.testing.assert_array_equal(to_pixels(scaled, depth), values)


def test_a_batch_holds_the_images_and_labels_at_the_indices(noise):
    pixels = noise(10, 3, 4, 5)
    images = Images(pixels, Targets(np.arange(10), tuple("abcdefghij")))
    batch, labels = images.batch(np.array([7, 0, 7]), random())
    assert batch.dtype == torch.float32
    assert batch.shape == (3, 3, 4, 5)
    assert labels.tolist() == [7, 0, 7]
    np.testing.assert_array_equal(to_pixels(batch), pixels[[7, 0, 7]])


def test_a_set_without_labels_gives_none(noise):
    assert Images(noise(4, 1, 2, 2)).batch(np.array([1]), random())[1] is None


def test_fractions_are_passed_as_they_are():
    pixels = np.linspace(-1, 1, 16, dtype=np.float32).reshape(4, 1, 2, 2)
    batch, _ = Images(pixels).batch(np.array([2]), random())
    np.testing.assert_array_equal(batch[0], pixels[2])
    batch.zero_()
    assert pixels.any(), "a batch must not be a view of the set"


def test_mirroring_flips_about_half_and_is_a_function_of_the_generator(noise):
    pixels = noise(1, 1, 2, 3)
    images = Images(pixels, mirror=True)
    indices = np.zeros(400, np.int64)
    batch, _ = images.batch(indices, random(1))
    upright = (to_pixels(batch) == pixels).all(axis=(1, 2, 3))
    mirrored = (to_pixels(batch) == pixels[..., ::-1]).all(axis=(1, 2, 3))
    assert (upright ^ mirrored).all()
    assert 140 < mirrored.sum() < 260
    assert torch.equal(batch, images.batch(indices, random(1))[0])
    assert not torch.equal(batch, images.batch(indices, random(2))[0])


def test_without_mirroring_the_generator_is_left_alone(noise):
    generator = random()
    before = generator.get_state()
    Images(noise(4, 1, 2, 2)).batch(np.array([0, 1]), generator)
    assert torch.equal(generator.get_state(), before)


def test_indices_may_be_read_only_and_must_lie_inside(noise):
    images = Images(noise(4, 1, 2, 2))
    indices = np.array([0, 3])
    indices.flags.writeable = False
    images.batch(indices, random())
    with pytest.raises(IndexError):
        images.batch(np.array([4]), random())


def test_the_digest_tells_pixels_labels_and_types_apart(noise):
    pixels, labels = noise(4, 1, 2, 2), np.zeros(4, np.int64)
    other = pixels.copy()
    other[0, 0, 0, 0] ^= 1
    sets = (
        Images(pixels),
        Images(other),
        Images(pixels, Targets(labels, ("a", "b"))),
        Images(pixels, Targets(labels + 1, ("a", "b"))),
        Images(pixels.reshape(4, 1, 1, 4)),
        Images(pixels.astype(np.uint16)),
    )
    assert len({images.digest for images in sets}) == len(sets)
    assert Images(pixels.copy()).digest == Images(pixels).digest


@pytest.mark.parametrize(
    ("pixels", "labels", "message"),
    [
        (np.zeros((4, 2, 2), np.uint8), None, r"\[N, C, H, W\]"),
        (np.zeros((0, 1, 2, 2), np.uint8), None, "at least one"),
        (np.zeros((4, 1, 2, 2), np.float64), None, "float64"),
        (np.zeros((4, 1, 2, 2), np.uint8), np.zeros(3, np.int64), r"int64 \[4\]"),
        (np.zeros((4, 1, 2, 2), np.uint8), np.array([0, 1, 2, 0]), "0 to 2 for 2 classes"),
    ],
)
def test_pixels_and_labels_of_another_shape_or_type_are_refused(pixels, labels, message):
    with pytest.raises(DataError, match=message):
        Images(pixels, None if labels is None else Targets(labels, ("a", "b")))


def test_rounding_goes_to_the_nearest_and_clips():
    assert to_pixels(torch.tensor([-5.0, -1 + 1.4 / 127.5, -1 + 1.6 / 127.5, 5.0])).tolist() == [0, 1, 2, 255]
