"""What Pillow lacks for PNG: 16 bits a channel in colour, and the detection of damage."""

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any, cast

import numpy as np
from PIL import Image

from sparring.data.formats.pixels import Pixels

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
_CHANNELS = {colour_type: channels for channels, colour_type in _COLOUR_TYPES.items()}


def write_png(pixels: Pixels) -> bytes:
    """Returns a PNG of `pixels` [H, W, C], uint8 or uint16, with one to four channels (gray, LA, RGB, RGBA)."""
    height, width, channels = pixels.shape
    if pixels.dtype == np.uint8:
        stream = BytesIO()
        Image.fromarray(pixels[..., 0] if channels == 1 else pixels).save(stream, "PNG")
        return stream.getvalue()
    rows = np.ascontiguousarray(pixels, ">u2").reshape(height, -1).view(np.uint8)
    unfiltered = np.pad(rows, ((0, 0), (1, 0)))  # each row begins with its filter: 0, none
    header = struct.pack(">IIBBBBB", width, height, 16, _COLOUR_TYPES[channels], 0, 0, 0)
    data = zlib.compress(unfiltered.tobytes())
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def colour_16_channels(head: bytes) -> int:
    """Returns the channels of a 16-bit colour (or gray and opacity) PNG that begins with `head`; 0 for all else."""
    if head[:8] != SIGNATURE or len(head) < 26 or head[24] != 16 or head[25] == 0:
        return 0
    return _CHANNELS.get(head[25], 0)


def decode_16(content: bytes, channels: int) -> Pixels:
    """Returns a 16-bit colour PNG as uint16 [H, W, C].

    Pillow keeps the high bytes only. A second pass, which reads the rows as little-endian, unpacks the low bytes; gray
    with opacity, which has no such unpacker, is read as four bytes.
    """
    if channels == 2:
        pairs = _unpack(content, "RGBA", "RGBA")
        return np.stack([pairs[..., 0] << 8 | pairs[..., 1], pairs[..., 2] << 8 | pairs[..., 3]], axis=2)
    mode = "RGB" if channels == 3 else "RGBA"
    return _unpack(content, mode, f"{mode};16B") << 8 | _unpack(content, mode, f"{mode};16L")


def damage(content: bytes) -> str:
    """Returns what is wrong with the chunks of a PNG, or nothing; Pillow does not check those with pixels."""
    last = b""
    for name, start, length in _chunks(content):
        body_and_name = content[start - 4 : start + length]
        if len(body_and_name) < length + 4 or len(content) < start + length + 4:
            return "truncated"
        if zlib.crc32(body_and_name) != int.from_bytes(content[start + length : start + length + 4]):
            return f"damaged: the checksum of its {name.decode('latin-1')} chunk is wrong"
        last = name
    return "" if last == b"IEND" else "truncated"


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yields name, start and length of the body of each chunk, up to and with IEND."""
    position = len(SIGNATURE)
    while position + 8 <= len(content):
        length, name = struct.unpack_from(">I4s", content, position)
        yield name, position + 8, length
        if name == b"IEND":
            return
        position += length + 12


def _unpack(content: bytes, mode: str, raw_mode: str) -> Pixels:
    """Returns uint16 [H, W, C] of the bytes that Pillow's `raw_mode` reads from each pixel."""
    image = cast(Any, Image.open(BytesIO(content), formats=("PNG",)))
    image.im = None
    image._mode = mode
    image.tile = [(*tile[:3], raw_mode) for tile in image.tile]
    image.load()
    return np.asarray(image).astype(np.uint16)
