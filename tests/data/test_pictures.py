"""Grids show every channel count; single images are written without loss."""

import numpy as np
import pytest
import torch
from PIL import Image

from sparring.data import picture, save_image, to_pixels
from sparring.data.formats.decoding import decode
from sparring.data.images import from_pixels
from sparring.errors import ShapeError


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (2, "L"), (3, "RGB"), (4, "RGB"), (9, "RGB")])
def test_a_grid_can_be_made_of_any_channel_count(channels, mode):
    grid = picture(torch.zeros(7, channels, 4, 6), columns=3, gap=2, scale=1)
    assert grid.mode == mode
    assert grid.size == (3 * 6 + 2 * 2, 3 * 4 + 2 * 2)


def test_pictures_stand_in_reading_order():
    images = torch.tensor([-1.0, 0.0, 1.0]).reshape(3, 1, 1, 1).expand(3, 1, 2, 2)
    assert np.asarray(picture(images, columns=2, gap=0, scale=1))[::2, ::2].tolist() == [[0, 128], [255, 255]]


def test_small_pictures_are_enlarged_without_smoothing():
    grid = picture(torch.randn(64, 1, 16, 16))
    assert 512 <= grid.width < 1024
    assert grid.width % (8 * 16 + 7) == 0


def test_transparency_shows_a_checkerboard():
    clear = -torch.ones(1, 4, 16, 16)
    assert set(np.asarray(picture(clear, scale=1)).ravel()) == {224, 255}
    opaque = clear.clone()
    opaque[:, 3] = 1
    assert not np.asarray(picture(opaque, scale=1)).any()


def test_values_that_are_not_numbers_do_not_stop_a_picture():
    assert not np.asarray(picture(torch.full((1, 1, 2, 2), torch.nan), scale=1)).any()


@pytest.mark.parametrize("shape", [(3, 4, 4), (0, 3, 4, 4)])
def test_a_grid_of_another_shape_is_refused(shape):
    with pytest.raises(ShapeError, match=r"needs \[N, C, H, W\]"):
        picture(torch.zeros(shape))


@pytest.mark.parametrize(("depth", "dtype"), [(8, np.uint8), (16, np.uint16)])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_png_holds_exactly_the_pixels(tmp_path, noise, channels, depth, dtype):
    pixels = noise(channels, 4, 6, dtype=dtype) | 1  # no full transparency, which reading would clean
    image = from_pixels(torch.from_numpy(pixels))
    written = save_image(image, tmp_path / "one.png", depth)
    assert written == tmp_path / "one.png"
    np.testing.assert_array_equal(decode(written.read_bytes()).transpose(2, 0, 1), pixels)
    Image.open(written).verify()


def test_other_counts_become_an_array_and_the_new_name_is_told(tmp_path):
    image = torch.linspace(-1, 1, 5 * 2 * 3).reshape(5, 2, 3)
    written = save_image(image, tmp_path / "one.png", 16)
    assert written == tmp_path / "one.npy"
    np.testing.assert_array_equal(np.load(written), to_pixels(image, 16).transpose(1, 2, 0))


def test_save_image_takes_one_image(tmp_path):
    with pytest.raises(ShapeError, match=r"needs \[C, H, W\]"):
        save_image(torch.zeros(1, 3, 4, 4), tmp_path / "one.png")
