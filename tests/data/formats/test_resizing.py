"""Resizing keeps to its policy, whatever the channels and depth."""

import numpy as np
import pytest
from PIL import Image

from sparring.data.formats.resizing import resize_image

POLICIES = ("crop", "fit", "stretch")
FILTERS = ("lanczos", "bicubic", "box", "bilinear")


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_any_channel_count_and_depth_comes_out_in_the_asked_size_and_type(noise, policy, channels, dtype):
    out = resize_image(noise(9, 14, channels, dtype=dtype), (6, 5), policy, "lanczos", alpha=False)
    assert out.shape == (6, 5, channels)
    assert out.dtype == dtype


@pytest.mark.parametrize("filter", FILTERS)
def test_eight_bits_agree_with_pillow(noise, filter):
    image = noise(40, 30, 3)
    wanted = np.asarray(Image.fromarray(image).resize((12, 17), Image.Resampling[filter.upper()]))
    out = resize_image(image, (17, 12), "stretch", filter, alpha=False)
    assert np.abs(out.astype(int) - wanted).max() <= 2  # Pillow rounds to 8 bits between its two passes


def test_sixteen_bits_and_fractions_agree_with_eight_bits(noise):
    image = noise(20, 20, 1)
    small = resize_image(image, (7, 7), "crop", "bicubic", alpha=False).astype(int)
    deep = resize_image(image.astype(np.uint16) * 257, (7, 7), "crop", "bicubic", alpha=False)
    fractions = resize_image((image / 127.5 - 1).astype(np.float32), (7, 7), "crop", "bicubic", alpha=False)
    assert np.abs(deep / 257 - small).max() <= 0.51
    assert np.abs((fractions + 1) * 127.5 - small).max() <= 0.51


@pytest.mark.parametrize("policy", POLICIES)
def test_the_right_size_is_left_untouched(noise, policy):
    image = noise(8, 8, 3)
    assert resize_image(image, (8, 8), policy, "lanczos", alpha=False) is image


def test_crop_takes_the_centre():
    image = np.zeros((4, 12, 1), np.uint8)
    image[:, 4:8] = 200
    assert (resize_image(image, (4, 4), "crop", "box", alpha=False) == 200).all()


def test_fit_pads_with_black_also_among_fractions():
    image = np.full((4, 8, 1), 200, np.uint8)
    fitted = resize_image(image, (8, 8), "fit", "box", alpha=False)
    assert (fitted[2:6] == 200).all()
    assert (fitted[[0, 1, 6, 7]] == 0).all()
    assert (resize_image(np.ones((4, 8, 1), np.float32), (8, 8), "fit", "box", alpha=False)[0] == -1).all()


def test_hidden_colours_do_not_bleed_over_transparent_edges():
    image = np.zeros((4, 4, 4), np.uint8)
    image[..., 1] = 255  # green, where nobody sees it
    image[:, :2] = (255, 0, 0, 255)
    out = resize_image(image, (2, 2), "stretch", "bilinear", alpha=True)
    visible = out[..., 3] > 0
    assert (out[visible][:, :2] == (255, 0)).all()
    assert (out[~visible] == 0).all()
