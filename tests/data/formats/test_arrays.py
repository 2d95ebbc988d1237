"""Arrays of images are read in one shape, others are refused with the remedy."""

import numpy as np
import pytest

from sparring.data import ImageFiles, Loading
from sparring.data.formats.arrays import array
from sparring.errors import DataError


def load(path, **fields):
    return ImageFiles(path=path, **fields).load(Loading(workers=1))


@pytest.mark.parametrize("shape", [(5, 8, 6), (5, 8, 6, 1), (5, 8, 6, 3), (5, 8, 6, 9)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_any_count_and_depth_is_kept(tmp_path, noise, shape, dtype):
    pixels = noise(*shape, dtype=dtype)
    np.save(tmp_path / "a.npy", pixels)
    images = load(tmp_path / "a.npy")
    assert images.pixels.dtype == dtype
    np.testing.assert_array_equal(images.pixels.transpose(0, 2, 3, 1), pixels.reshape(5, 8, 6, -1))


def test_an_npz_brings_labels(tmp_path, noise):
    pixels = noise(5, 4, 4)
    np.savez(tmp_path / "a.npz", images=pixels, labels=[0, 2, 1, 0, 0], classes=["x", "y", "z"])
    images = load(tmp_path / "a.npz")
    assert images.labels.tolist() == [0, 2, 1, 0, 0]
    assert images.classes == ("x", "y", "z")
    np.testing.assert_array_equal(images.pixels[:, 0], pixels)


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.uint8, np.bool_])
def test_an_npz_brings_several_numbers_of_each_image(tmp_path, noise, kind):
    numbers = np.array([[0, 1], [1, 1], [0, 0]], kind)
    np.savez(tmp_path / "a.npz", images=noise(3, 4, 4), labels=numbers, attributes=["smiling", "young"])
    images = load(tmp_path / "a.npz")
    assert images.attributes == ("smiling", "young")
    assert images.numbers.dtype == np.float32
    np.testing.assert_array_equal(images.numbers, numbers)
    np.savez(tmp_path / "a.npz", images=noise(3, 4, 4), labels=numbers)
    assert load(tmp_path / "a.npz").attributes == ("0", "1")
    assert load(tmp_path / "a.npz", labels="none").numbers is None


def test_truth_values_become_black_and_white(tmp_path):
    np.save(tmp_path / "a.npy", np.eye(4, dtype=bool)[None])
    assert set(load(tmp_path / "a.npy").pixels.ravel()) == {0, 255}


def test_fractions_that_may_span_either_range_need_a_word(tmp_path):
    np.save(tmp_path / "a.npy", np.linspace(0, 1, 32, dtype=np.float32).reshape(2, 4, 4))
    with pytest.raises(DataError, match=r"may span \[0, 1\] or \[-1, 1\]; set data.value_range=\[0,1\]"):
        load(tmp_path / "a.npy")
    images = load(tmp_path / "a.npy", value_range=(0, 1))
    assert images.pixels.dtype == np.float32
    assert (images.pixels.min(), images.pixels.max()) == (-1, 1)


def test_fractions_below_zero_are_taken_to_span_minus_one_to_one(tmp_path):
    pixels = np.linspace(-1, 1, 32).reshape(2, 4, 4)
    np.save(tmp_path / "a.npy", pixels)
    np.testing.assert_allclose(load(tmp_path / "a.npy").pixels[:, 0], pixels, atol=1e-7)


@pytest.mark.parametrize("worst", [np.nan, np.inf, 3.0])
def test_values_outside_the_range_name_the_image(tmp_path, worst):
    pixels = np.full((2, 4, 4), -0.5)
    pixels[1, 2, 2] = worst
    np.save(tmp_path / "a.npy", pixels)
    with pytest.raises(DataError, match=r"1 of 2 images cannot be used: a\.npy\[1\].*data.value_range"):
        load(tmp_path / "a.npy")


def test_twelve_bits_in_sixteen_are_scaled_by_value_range(tmp_path):
    np.save(tmp_path / "a.npy", np.array([[[0, 4095]]], np.uint16))
    assert load(tmp_path / "a.npy", value_range=(0, 4095)).pixels.ravel().tolist() == [-1, 1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (np.zeros((5, 3, 8, 8), np.uint8), r"look like \[N, C, H, W\]; needs \[N, H, W, C\]"),
        (np.zeros((5, 8), np.uint8), r"needs \[N, H, W\] or \[N, H, W, C\]"),
        (np.zeros((0, 8, 8), np.uint8), "there are no images"),
        (np.zeros((5, 8, 8), np.int64), "int64 values; needs uint8, uint16 or float"),
        (np.array([None, "x"], object), "cannot be read as numbers"),
    ],
)
def test_other_arrays_are_refused(tmp_path, content, message):
    np.save(tmp_path / "a.npy", content)
    with pytest.raises(DataError, match=message):
        load(tmp_path / "a.npy")


def test_labels_and_names_in_an_npz_are_checked(tmp_path, noise):
    for arrays, message in (
        ({"images": noise(3, 4, 4), "labels": [0, 1]}, r"needs whole numbers \[3\] for classes, or numbers"),
        ({"images": noise(3, 4, 4), "labels": [0.5, 1, 0]}, r"numbers from 0 to 1 \[3, D\]"),
        ({"images": noise(2, 4, 4), "labels": [[0, 1], [1, -1]]}, "'1' of image 1 is -1, and 1 of 4 .*Scale them"),
        ({"images": noise(2, 4, 4), "labels": [[0.5], [np.nan]]}, "'0' of image 1 is nan"),
        ({"images": noise(1, 4, 4), "labels": [[0, 1]], "attributes": ["x"]}, "and names of 1 attributes"),
        ({"images": noise(1, 4, 4), "labels": [[0, 1]], "attributes": ["x", "x"]}, "each needs a name of its own"),
        ({"images": noise(3, 4, 4), "labels": [0, 1, -1]}, "go down to -1"),
        ({"one": noise(3, 4, 4), "two": noise(3, 4, 4)}, "name the one with pixels 'images'"),
    ):
        np.savez(tmp_path / "a.npz", **arrays)
        with pytest.raises(DataError, match=message):
            array(tmp_path / "a.npz")


def test_a_damaged_array_is_refused(tmp_path):
    for name in ("a.npy", "a.npz"):
        (tmp_path / name).write_bytes(b"PK\x03\x04 nonsense")
        with pytest.raises(DataError, match="cannot be read as numbers"):
            array(tmp_path / name)


@pytest.mark.parametrize(("bands", "channels", "count"), [(4, "rgba", 4), (4, "rgb", 3), (2, "rgb", 3), (2, "gray", 1)])
def test_bands_asked_for_as_colours_end_with_opacity(tmp_path, noise, bands, channels, count):
    pixels = noise(5, 8, 6, bands)
    pixels[..., -1] = 255
    np.save(tmp_path / "a.npy", pixels)
    colours = load(tmp_path / "a.npy", channels=channels).pixels.transpose(0, 2, 3, 1)
    assert colours.shape == (5, 8, 6, count)
    np.testing.assert_array_equal(
        colours, np.broadcast_to(pixels[..., : bands - 1], (5, 8, 6, 3)) if count == 3 else pixels[..., :count]
    )
