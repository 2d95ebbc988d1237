"""One image file in, pixels out: what Pillow and tifffile read, in a few plain layouts."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from sparring.data.formats import png, tiff
from sparring.data.formats.orientation import TAG, upright, upright_sides
from sparring.data.formats.pixels import Pixels
from sparring.errors import DataError, SparringError

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")


class UndecodableError(DataError):
    """An image that cannot be read; the message is the reason only."""


@dataclass(frozen=True)
class Header:
    """What is known of an image before it is decoded; `alpha` says that the last channel is opacity.

    `mode` is Pillow's name of the stored layout, or type and count where Pillow has none.
    """

    height: int
    width: int
    channels: int
    dtype: str
    alpha: bool
    mode: str
    format: str


# Pillow's mode: the mode that it is expanded to, channels, type, whether the last channel is opacity.
_MODES = {
    "1": ("L", 1, "uint8", False),
    "L": ("L", 1, "uint8", False),
    "LA": ("LA", 2, "uint8", True),
    "RGB": ("RGB", 3, "uint8", False),
    "RGBX": ("RGB", 3, "uint8", False),
    "P": ("RGB", 3, "uint8", False),
    "RGBA": ("RGBA", 4, "uint8", True),
    "PA": ("RGBA", 4, "uint8", True),
    "I;16": ("I;16", 1, "uint16", False),
    "I;16B": ("I;16", 1, "uint16", False),
    "I": ("I", 1, "uint16", False),  # 16-bit gray PNG in older versions of Pillow
    "F": ("F", 1, "float32", False),
    "CMYK": ("RGB", 3, "uint8", False),
    "YCbCr": ("RGB", 3, "uint8", False),
}
_TRANSPARENT = {"1": "LA", "L": "LA", "P": "RGBA", "RGB": "RGBA"}
PRINT_MODES = ("CMYK", "YCbCr")
"""Modes whose conversion to RGB is a choice that a person should make."""


def read_header(stream: BinaryIO) -> Header:
    """Returns the header of the image in `stream`, without decoding it.

    Raises:
        UndecodableError: it is not an image of a format in `FORMATS`, or is damaged at its start.
        MissingExtraError: it needs tifffile, which is not installed.
    """
    with _reasons():
        head = _head(stream)
        image = _open(stream, head)
        if image is None:
            stream.seek(0)
            (height, width, channels), dtype, alpha = tiff.read_tiff_header(stream)
            return Header(height, width, channels, dtype, alpha, f"{dtype} x {channels}", "TIFF")
        with image:
            return _describe(image, png.colour_16_channels(head))


def decode(content: bytes) -> Pixels:
    """Returns the image as [H, W, C], upright, with the channels and type that `read_header` returns.

    Palettes are expanded, and colours under fully transparent pixels are set to zero. Of animations
    and pages the first is read.

    Raises:
        UndecodableError: it cannot be decoded to its last pixel.
        MissingExtraError: it needs tifffile, which is not installed.
    """
    with _reasons():
        stream = BytesIO(content)
        head = _head(stream)
        if head.startswith(png.SIGNATURE) and (problem := png.damage(content)):
            raise UndecodableError(problem)
        image = _open(stream, head)
        if image is None:
            return tiff.decode_tiff(content)
        with image:
            header, orientation = _describe(image, png.colour_16_channels(head)), _orientation(image)
            sixteen = header.dtype == "uint16" and header.channels > 1
            pixels = png.decode_16(content, header.channels) if sixteen else _expand(image)
        pixels = upright(pixels, orientation)
        if header.alpha:
            pixels = pixels * (pixels[..., -1:] > 0)
        return pixels


def _head(stream: BinaryIO) -> bytes:
    head = stream.read(33)
    stream.seek(0)
    if not head:
        raise UndecodableError("empty (zero bytes)")
    return head


def _open(stream: BinaryIO, head: bytes) -> Image.Image | None:
    """Returns Pillow's image, or `None` for a TIFF that tifffile should read."""
    try:
        image = Image.open(stream, formats=FORMATS)
    except UnidentifiedImageError:
        if head[:4] in tiff.SIGNATURES:
            return None
        raise UndecodableError("not a PNG, JPEG, WebP, BMP or TIFF image, or damaged at its start") from None
    return None if image.format == "TIFF" and not tiff.is_whole_in_pillow(image) else image


def _describe(image: Image.Image, colour_16_channels: int) -> Header:
    if image.format == "TIFF":
        height, width = tiff.upright_size(image)
    else:
        height, width = upright_sides(image.height, image.width, _orientation(image))
    if colour_16_channels:
        names = {2: "LA;16", 3: "RGB;16", 4: "RGBA;16"}
        alpha = colour_16_channels in (2, 4)
        return Header(height, width, colour_16_channels, "uint16", alpha, names[colour_16_channels], "PNG")
    if image.mode not in _MODES:
        raise UndecodableError(f"its colour mode {image.mode} is not supported; convert it to gray, RGB or RGBA")
    _, channels, dtype, alpha = _MODES[_expanded(image)]
    return Header(height, width, channels, dtype, alpha, image.mode, image.format or "")


def _expanded(image: Image.Image) -> str:
    """Returns the mode that keeps all that the image holds, transparency included."""
    if "transparency" in image.info and image.mode in _TRANSPARENT:
        return _TRANSPARENT[image.mode]
    if image.mode == "P" and image.palette is not None and image.palette.mode == "RGBA":
        return "RGBA"
    return _MODES[image.mode][0] if image.mode in _MODES else image.mode


def _expand(image: Image.Image) -> Pixels:
    """Returns the decoded image as [H, W, C]."""
    image.load()
    wanted = _expanded(image)
    if wanted == "LA" and image.mode != "LA":
        wanted = "RGBA"  # Pillow turns transparent gray into RGBA only
        pixels = np.asarray(image.convert(wanted))[..., [0, 3]]
    else:
        pixels = np.asarray(image if image.mode == wanted else image.convert(wanted))
    if image.mode in ("I", "I;16", "I;16B"):
        pixels = pixels.astype(np.uint16)
    return pixels if pixels.ndim == 3 else pixels[..., None]


def _orientation(image: Image.Image) -> int:
    """Returns the EXIF orientation, 1 (upright) where there is none; Pillow turns TIFFs upright itself."""
    if image.format == "TIFF" or "exif" not in image.info:
        return 1
    try:
        return int(image.getexif().get(TAG, 1))
    except (SyntaxError, ValueError, TypeError, KeyError, OSError, struct.error):
        return 1  # a damaged note about the picture is no damage to the picture


@contextmanager
def _reasons() -> Iterator[None]:
    """Turns whatever a decoder raises (damaged files make decoders raise anything) into a reason."""
    try:
        yield
    except SparringError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UndecodableError(f"too large to be decoded safely ({error})") from None
    except PermissionError:
        raise UndecodableError("no permission to read it") from None
    except Exception as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise UndecodableError(f"cannot be decoded: {reason}") from None
