"""Videos of image sequences, as files that browsers and phones play."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from sparring.data.formats.pixels import Pixels, to_pixels
from sparring.errors import MissingExtraError, ShapeError, SpecError
from sparring.files import replace_file
from sparring.tensors.compositing import composite

LEAST = 256
"""Smaller images are enlarged by a whole factor until their longer side has as many pixels."""

CODECS = {
    ".mp4": ("libx264", {"crf": "18", "preset": "medium", "movflags": "+faststart"}),
    ".webm": ("libvpx-vp9", {"crf": "24", "row-mt": "1"}),
}
"""The kinds of files, each with its encoder and the encoder's quality."""

_BT709 = 1


def save_video(batches: Iterable[Tensor], path: Path, per_second: int = 30) -> None:
    """Writes images, which come in `batches` [N, C, H, W] in [-1, 1], to a `.mp4` or `.webm`, whole or not at all.

    Gray stays, opacity lies over white, of more channels the first three are used. Images are enlarged without
    smoothing; the last row or column is repeated where a side is odd, which the format cannot hold.

    Raises:
        SpecError: another suffix, less than one picture a second, or no images.
        ShapeError: `batches` are not `[N, C, H, W]`, or change their size.
        MissingExtraError: PyAV is not installed.
        RunError: `path` cannot be written.
    """
    if path.suffix.lower() not in CODECS:
        raise SpecError(f"video: got {path.name}; needs the name of a {' or '.join(CODECS)}")
    if per_second < 1:
        raise SpecError(f"video: got {per_second} pictures a second; needs one or more")
    av = _import_av()
    frames = (frame for images in batches for frame in _frames(images))
    first = next(frames, None)
    if first is None:
        raise SpecError("video: there are no images to show; give at least one")
    replace_file(path, lambda partial: _encode(av, chain((first,), frames), partial, path.suffix.lower(), per_second))


def _encode(av: Any, frames: Iterator[Pixels], path: Path, kind: str, per_second: int) -> None:
    codec, quality = CODECS[kind]
    with av.open(str(path), "w", format=kind[1:]) as file:
        stream = file.add_stream(codec, rate=per_second, options=quality)
        stream.pix_fmt = "yuv420p"  # browsers and phones play no other
        _tag(stream.codec_context)
        for index, frame in enumerate(frames):
            if not index:
                stream.height, stream.width = frame.shape[:2]
            if frame.shape[:2] != (stream.height, stream.width):
                sizes = f"the first is {stream.height}x{stream.width}, image {index} {frame.shape[0]}x{frame.shape[1]}"
                raise ShapeError(f"video: images change their size ({sizes}, enlarged); give all of them one size")
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            file.mux(stream.encode(picture.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")))
        file.mux(stream.encode())


def _tag(context: Any) -> None:
    """Declares the colour space, which players otherwise guess, differently for small and large pictures."""
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    context.color_range = 1  # from 16 to 235, as everywhere


def _frames(images: Tensor) -> Pixels:
    """Returns uint8 [N, H, W, 3] with even sides, of `images` [N, C, h, w]."""
    if images.ndim != 4 or 0 in images.shape:
        raise ShapeError(f"video: got images {tuple(images.shape)}; needs [N, C, H, W] with at least one image")
    pixels = to_pixels(_opaque(images.float().nan_to_num(nan=-1.0))).transpose(0, 2, 3, 1)
    factor = -(-LEAST // max(pixels.shape[1:3]))
    pixels = pixels.repeat(factor, axis=1).repeat(factor, axis=2)
    odd = [side % 2 for side in pixels.shape[1:3]]
    return np.ascontiguousarray(np.pad(pixels, ((0, 0), (0, odd[0]), (0, odd[1]), (0, 0)), mode="edge"))


def _opaque(images: Tensor) -> Tensor:
    """Returns [N, 3, H, W]: opacity, the last of 2 or 4 channels, laid over white."""
    images = composite(images, 1.0)
    return images.expand(-1, 3, -1, -1) if images.shape[1] == 1 else images[:, :3]


def _import_av() -> Any:
    try:
        import av
    except ImportError:
        remedy = 'pip install "sparring[video]"'
        raise MissingExtraError(f"videos need PyAV, which is not installed: {remedy}") from None
    return av
