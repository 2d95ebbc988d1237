"""Every format comes out as [H, W, C] with all it holds, or with a reason why not."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from sparring.data.formats import png
from sparring.data.formats.decoding import UndecodableError, decode, read_header
from sparring.data.loader import strict_decoding
from sparring.errors import MissingExtraError


def saved(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    stream = BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def test_lossless_formats_keep_every_value(noise):
    pixels = noise(5, 6, 3)
    for format, options in (("PNG", {}), ("BMP", {}), ("TIFF", {}), ("WEBP", {"lossless": True})):
        np.testing.assert_array_equal(decode(saved(Image.fromarray(pixels), format, **options)), pixels)


def test_jpeg_is_decoded(encoded):
    assert decode(encoded(9, 8, 3, format="JPEG")).shape == (9, 8, 3)


@pytest.mark.parametrize(
    ("mode", "channels", "alpha"),
    [("1", 1, False), ("L", 1, False), ("LA", 2, True), ("P", 3, False), ("RGB", 3, False), ("RGBA", 4, True)],
)
def test_header_and_pixels_agree_for_every_mode(noise, mode, channels, alpha):
    content = saved(Image.fromarray(noise(5, 6, 4 if alpha else 3)).convert(mode))
    header = read_header(BytesIO(content))
    pixels = decode(content)
    assert (header.channels, header.alpha, header.dtype) == (channels, alpha, "uint8")
    assert pixels.shape == (header.height, header.width, header.channels) == (5, 6, channels)


def test_transparency_of_palettes_and_single_colours_becomes_opacity():
    palette = Image.new("P", (2, 1))
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.putdata([0, 1])
    np.testing.assert_array_equal(decode(saved(palette, transparency=0)), [[[0, 0, 0, 0], [40, 50, 60, 255]]])
    gray = Image.fromarray(np.array([[7, 9]], np.uint8))
    np.testing.assert_array_equal(decode(saved(gray, transparency=7)), [[[0, 0], [9, 255]]])
    rgb = Image.fromarray(np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8))
    np.testing.assert_array_equal(decode(saved(rgb, transparency=(1, 2, 3))), [[[0, 0, 0, 0], [4, 5, 6, 255]]])


def test_colours_under_full_transparency_become_zero_and_others_stay():
    pixels = np.array([[[9, 8, 7, 0], [9, 8, 7, 1]]], np.uint8)
    np.testing.assert_array_equal(decode(saved(Image.fromarray(pixels))), [[[0, 0, 0, 0], [9, 8, 7, 1]]])


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bit_png_keeps_its_low_bytes(noise, channels):
    pixels = noise(5, 6, channels, dtype=np.uint16) | 1
    content = png.write_png(pixels)
    header = read_header(BytesIO(content))
    assert (header.dtype, header.channels) == ("uint16", channels)
    np.testing.assert_array_equal(decode(content), pixels)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright_by_their_exif_orientation(noise, format, orientation):
    image = Image.fromarray(np.kron(noise(2, 3), np.ones((16, 16), np.uint8)))
    image = image.convert("RGB") if format == "WEBP" else image
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if format == "WEBP" else {"quality": 95} if format == "JPEG" else {}
    content = saved(image, format, exif=exif, **options)
    turns = {
        2: "FLIP_LEFT_RIGHT",
        3: "ROTATE_180",
        4: "FLIP_TOP_BOTTOM",
        5: "TRANSPOSE",
        6: "ROTATE_270",
        7: "TRANSVERSE",
        8: "ROTATE_90",
    }
    upright = image if orientation == 1 else image.transpose(Image.Transpose[turns[orientation]])
    header, pixels = read_header(BytesIO(content)), decode(content)
    assert (header.height, header.width) == pixels.shape[:2] == upright.size[::-1]
    wanted = np.asarray(upright).reshape(pixels.shape)
    assert np.abs(pixels.astype(int) - wanted).max() <= (40 if format == "JPEG" else 0)


def test_many_bands_and_sixteen_bit_colour_tiff_are_read_whole(noise):
    tifffile = pytest.importorskip("tifffile")
    for pixels, options in (
        (noise(5, 6, 7), {"photometric": "minisblack", "planarconfig": "contig"}),
        (noise(5, 6, 3, dtype=np.uint16), {"photometric": "rgb"}),
        (noise(5, 6, 1, dtype=np.uint16)[..., 0], {}),
        (noise(5, 6, 1)[..., 0].astype(np.float32), {}),
    ):
        stream = BytesIO()
        tifffile.imwrite(stream, pixels, **options)
        header = read_header(BytesIO(stream.getvalue()))
        wanted = pixels.reshape(5, 6, -1)
        assert (header.height, header.width, header.channels, header.dtype) == (*wanted.shape, pixels.dtype.name)
        np.testing.assert_array_equal(decode(stream.getvalue()), wanted)


def test_many_bands_are_turned_upright_too(noise):
    tifffile = pytest.importorskip("tifffile")
    stream, pixels = BytesIO(), noise(5, 6, 7)
    options = {"photometric": "minisblack", "planarconfig": "contig", "extratags": [(274, "H", 1, 6, True)]}
    tifffile.imwrite(stream, pixels, **options)
    assert (read_header(BytesIO(stream.getvalue())).height, read_header(BytesIO(stream.getvalue())).width) == (6, 5)
    np.testing.assert_array_equal(decode(stream.getvalue()), np.rot90(pixels, -1))


def test_a_missing_tifffile_is_named_with_its_install_command(noise, monkeypatch):
    tifffile = pytest.importorskip("tifffile")
    stream = BytesIO()
    tifffile.imwrite(stream, noise(5, 6, 7), photometric="minisblack", planarconfig="contig")
    monkeypatch.setitem(__import__("sys").modules, "tifffile", None)
    with pytest.raises(MissingExtraError, match=r'pip install "sparring\[tiff\]"'):
        decode(stream.getvalue())


@pytest.mark.parametrize("format", ["PNG", "JPEG", "BMP", "WEBP", "TIFF"])
def test_truncation_is_an_error_in_every_format(encoded, format):
    content = encoded(24, 24, 3, format=format)
    for length in (len(content) // 2, len(content) - 40):
        with pytest.raises(UndecodableError, match=r"truncat|damaged|cannot be decoded"):
            decode(content[:length])


def test_nothing_and_nonsense_are_told_apart():
    with pytest.raises(UndecodableError, match="zero bytes"):
        decode(b"")
    with pytest.raises(UndecodableError, match="not a PNG, JPEG"):
        decode(b"hello, this is a text")


def test_a_decompression_bomb_is_not_decoded(monkeypatch, encoded):
    content = encoded(40, 40)
    for limit in (100, 1000):
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        with strict_decoding(), pytest.raises(UndecodableError, match="too large"):
            decode(content)
