"""The TIFF files that Pillow cannot read in full: more than 8 bits in colour, more than four bands."""

from io import BytesIO
from types import ModuleType
from typing import Any, BinaryIO, cast

import numpy as np
from PIL import Image

from sparring.data.formats.orientation import TAG, upright, upright_sides
from sparring.data.formats.pixels import Pixels
from sparring.errors import MissingExtraError

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_WIDTH, _HEIGHT, _BITS_PER_SAMPLE, _SAMPLES_PER_PIXEL = 256, 257, 258, 277
_OPACITY = (1, 2)  # values of the tag ExtraSamples


def is_whole_in_pillow(image: Image.Image) -> bool:
    """Returns whether Pillow keeps all bits and bands of this TIFF: of 16-bit colour it drops the low bytes."""
    tags = cast(Any, image).tag_v2
    bits = tags.get(_BITS_PER_SAMPLE, (1,))
    return image.mode != "I" and tags.get(_SAMPLES_PER_PIXEL, 1) <= 4 and (max(bits) <= 8 or len(bits) == 1)


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Returns height and width once upright; versions of Pillow differ in whether `image.size` is that already."""
    tags = cast(Any, image).tag_v2
    return upright_sides(tags[_HEIGHT], tags[_WIDTH], tags.get(TAG, 1))


def read_tiff_header(stream: BinaryIO) -> tuple[tuple[int, int, int], str, bool]:
    """Returns shape (H, W, C), type, and whether the last band is opacity, of the first page."""
    with _tifffile().TiffFile(stream) as file:
        page = file.pages[0]
        sides = dict(zip(page.axes, page.shape, strict=True))
        extra = [int(kind) for kind in page.extrasamples]
        shape = (*upright_sides(sides["Y"], sides["X"], _orientation(page)), sides.get("S", 1))
        return shape, str(page.dtype), shape[2] in (2, 4) and bool(extra) and extra[-1] in _OPACITY


def decode_tiff(content: bytes) -> Pixels:
    """Returns the first page as [H, W, C], upright, whatever its type."""
    with _tifffile().TiffFile(BytesIO(content)) as file:
        page = file.pages[0]
        pixels: Pixels = page.asarray()
        axes, orientation = page.axes, _orientation(page)
    bands = np.moveaxis(pixels, axes.index("S"), 2) if "S" in axes else pixels[..., None]
    return upright(bands, orientation)


def _orientation(page: Any) -> int:
    tag = page.tags.get(TAG)
    return 1 if tag is None else int(tag.value)


def _tifffile() -> ModuleType:
    try:
        import tifffile
    except ImportError:
        remedy = 'pip install "sparring[tiff]"'
        raise MissingExtraError(f"TIFF with 16-bit colour or more than four bands needs tifffile: {remedy}") from None
    return tifffile
