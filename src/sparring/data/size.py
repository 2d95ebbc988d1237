"""The size that images are resized to, as recipes write it: `32`, or `32x48` (height x width)."""

import re
from typing import Annotated

from pydantic import BeforeValidator

LARGEST = 16384


def _size(value: object) -> int | str:
    """Returns `32` for `32`, `"32"` and `"32x32"`, `"32x48"` for itself; raises `ValueError` for anything else."""
    match = re.fullmatch(r"\s*(\d+)\s*(?:[x×]\s*(\d+)\s*)?", str(value).lower())
    if match is not None and not isinstance(value, bool):
        height = int(match[1])
        width = height if match[2] is None else int(match[2])
        if min(height, width) >= 1 and max(height, width) <= LARGEST:
            return height if height == width else f"{height}x{width}"
    raise ValueError(f"needs whole numbers from 1 to {LARGEST}: 32, or 32x48 (height x width)")


ImageSize = Annotated[int | str, BeforeValidator(_size)]
"""A side, or `HxW`."""


def height_width(size: int | str) -> tuple[int, int]:
    """Returns height and width of an `ImageSize`.

    >>> height_width(32), height_width("32x48")
    ((32, 32), (32, 48))
    """
    if isinstance(size, int):
        return size, size
    height, width = size.split("x")
    return int(height), int(width)
