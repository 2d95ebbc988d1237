"""16-bit PNGs are read and written whole, and damage is noticed."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from sparring.data.formats import png


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_sixteen_bit_colour_survives(noise, channels):
    pixels = noise(5, 7, channels, dtype=np.uint16)
    content = png.write_png(pixels)
    assert png.colour_16_channels(content) == channels
    np.testing.assert_array_equal(png.decode_16(content, channels), pixels)


def test_sixteen_bit_gray_is_what_pillow_reads(noise):
    pixels = noise(5, 7, 1, dtype=np.uint16)
    image = Image.open(BytesIO(png.write_png(pixels)))
    np.testing.assert_array_equal(np.asarray(image), pixels[..., 0])


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_eight_bits_survive(noise, channels):
    pixels = noise(5, 7, channels)
    read = np.asarray(Image.open(BytesIO(png.write_png(pixels))))
    np.testing.assert_array_equal(read.reshape(pixels.shape), pixels)


def test_a_flipped_bit_is_noticed_anywhere_after_the_signature(encoded):
    content = encoded(4, 4, 3)
    assert png.damage(content) == ""
    for position in range(8, len(content)):
        flipped = bytearray(content)
        flipped[position] ^= 4
        assert png.damage(bytes(flipped)), position


def test_a_missing_end_is_called_truncated(encoded):
    content = encoded(8, 8, 3)
    assert all(png.damage(content[:length]) == "truncated" for length in range(8, len(content)))
