"""Grids of samples, and samples written one by one without loss."""

from math import ceil, sqrt
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image
from torch import Tensor

from sparring.data.formats.pixels import Pixels, to_pixels
from sparring.data.formats.png import write_png
from sparring.errors import ShapeError

_GRID_WIDTH = 512
_BACKGROUND = 255
_CHECKS = (255, 224)
"""The two light grays of the checkerboard under transparent images."""


def picture(images: Tensor, columns: int | None = None, gap: int = 1, scale: int = 0) -> Image.Image:
    """Returns a grid of `images` [N, C, H, W] in [-1, 1], row by row, as an RGB or gray picture.

    One channel is gray, three are RGB; two and four have opacity last and lie on a light
    checkerboard; of other counts the first three channels become RGB.

    Args:
        images: their values outside [-1, 1] are clipped, and NaN becomes black.
        columns: images in a row; None makes the grid as square as possible.
        gap: pixels between images, before scaling.
        scale: pixels of the grid for each pixel, without smoothing; 0 makes the grid at least 512 pixels wide.

    Raises:
        ShapeError: `images` is not `[N, C, H, W]` or is empty.
    """
    if images.ndim != 4 or 0 in images.shape:
        raise ShapeError(f"picture: got shape {tuple(images.shape)}; needs [N, C, H, W] with at least one image")
    tiles = _opaque(to_pixels(images.nan_to_num(nan=-1.0)).transpose(0, 2, 3, 1))
    count, height, width, channels = tiles.shape
    across = min(columns or ceil(sqrt(count)), count)
    down = ceil(count / across)
    grid = np.full((down * (height + gap) - gap, across * (width + gap) - gap, channels), _BACKGROUND, np.uint8)
    for index, tile in enumerate(tiles):
        top, left = index // across * (height + gap), index % across * (width + gap)
        grid[top : top + height, left : left + width] = tile
    factor = scale or ceil(_GRID_WIDTH / grid.shape[1])
    enlarged = grid.repeat(factor, axis=0).repeat(factor, axis=1)
    return Image.fromarray(enlarged[..., 0] if channels == 1 else enlarged)


def save_image(image: Tensor, path: Path, depth: Literal[8, 16] = 8) -> Path:
    """Writes one image [C, H, W] in [-1, 1] as it is, and returns the path written.

    One to four channels (gray, gray and opacity, RGB, RGBA) become a PNG of 8 or 16 bits a channel.
    PNG has no other counts: those become a `.npy` of [H, W, C], and the suffix of `path` is changed.

    Raises:
        ShapeError: `image` is not `[C, H, W]`.
        OSError: `path` cannot be written.
    """
    if image.ndim != 3 or 0 in image.shape:
        raise ShapeError(f"save_image: got shape {tuple(image.shape)}; needs [C, H, W]")
    pixels = to_pixels(image, depth).transpose(1, 2, 0)
    if image.shape[0] > 4:
        written = path.with_suffix(".npy")
        np.save(written, pixels)
        return written
    written = path.with_suffix(".png")
    written.write_bytes(write_png(pixels))
    return written


def _opaque(tiles: Pixels) -> Pixels:
    """Returns uint8 `[N, H, W, C]` with one or three channels: opacity laid over a checkerboard."""
    channels = tiles.shape[3]
    if channels in (2, 4):
        rows, columns = np.indices(tiles.shape[1:3]) // max(1, tiles.shape[2] // 8)
        board = np.where((rows + columns) % 2, *_CHECKS)[None, :, :, None]
        opacity = tiles[..., -1:] / 255.0
        return np.rint(tiles[..., :-1] * opacity + board * (1.0 - opacity)).astype(np.uint8)
    return tiles if channels == 1 else tiles[..., :3]
