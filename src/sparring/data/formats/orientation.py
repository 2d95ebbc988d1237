"""Turning pictures upright by the orientation that EXIF and TIFF store with the pixels."""

from collections.abc import Callable

from sparring.data.formats.pixels import Pixels

TAG = 0x0112

# What turns stored rows and columns upright; 5 to 8 exchange height and width.
_UPRIGHT: dict[int, Callable[[Pixels], Pixels]] = {
    2: lambda image: image[:, ::-1],
    3: lambda image: image[::-1, ::-1],
    4: lambda image: image[::-1],
    5: lambda image: image.swapaxes(0, 1),
    6: lambda image: image.swapaxes(0, 1)[:, ::-1],
    7: lambda image: image.swapaxes(0, 1)[::-1, ::-1],
    8: lambda image: image.swapaxes(0, 1)[::-1],
}


def upright(image: Pixels, orientation: int) -> Pixels:
    """Returns `image` [H, W, C] turned upright; as it is where `orientation` is 1 or unknown."""
    return _UPRIGHT[orientation](image) if orientation in _UPRIGHT else image


def upright_sides(height: int, width: int, orientation: int) -> tuple[int, int]:
    """Returns height and width once upright.

    >>> upright_sides(3, 4, orientation=6)
    (4, 3)
    """
    return (width, height) if 5 <= orientation <= 8 else (height, width)
