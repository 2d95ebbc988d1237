"""The one format that all images of a set are converted to: size, channels and type."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from sparring.data.formats.decoding import PRINT_MODES, Header
from sparring.data.formats.pixels import Pixels
from sparring.data.formats.resizing import Filter, Resize, resize_image
from sparring.data.image_collection import some
from sparring.data.size import height_width
from sparring.errors import DataError

Channels = Literal["gray", "rgb", "rgba"]

_COUNTS: dict[Channels, int] = {"gray": 1, "rgb": 3, "rgba": 4}
_NAMES = {1: "gray", 2: "gray with alpha", 3: "rgb", 4: "rgba"}
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as in Pillow
_SHOWN_SIZES = 3


class Settings(Protocol):
    """The fields of a source that decide the format."""

    @property
    def size(self) -> int | str | None:
        """The side or `HxW`; `None` keeps the images' own."""

    @property
    def resize(self) -> Resize:
        """How images of another size are treated."""

    @property
    def filter(self) -> Filter:
        """How pixels are interpolated."""

    @property
    def channels(self) -> Channels | None:
        """The channels to convert to; `None` keeps the images' own."""

    @property
    def value_range(self) -> tuple[float, float] | None:
        """The stored values that become -1 and 1; `None` follows the type."""


@dataclass(frozen=True)
class ImageFormat:
    """Size, channels and type of every image of a set, and the conversion of images to them."""

    height: int
    width: int
    channels: int
    dtype: str
    settings: Settings

    @property
    def shape(self) -> tuple[int, int, int]:
        """The shape of one image, `(C, H, W)`."""
        return self.channels, self.height, self.width

    @property
    def image_bytes(self) -> int:
        """Bytes of one image."""
        return self.height * self.width * self.channels * np.dtype(self.dtype).itemsize

    def convert(self, image: Pixels, alpha: bool) -> Pixels:
        """Returns a decoded image [H, W, C] in this format, [C, H, W]; `alpha` says that its last channel is opacity.

        Raises:
            DataError: values outside the range that becomes [-1, 1].
        """
        image = self._to_type(image)
        if self.settings.channels is not None:
            alpha = image.shape[2] in (2, 4)  # `channels` treats the bands of an array as colours
            image = to_channels(image, _COUNTS[self.settings.channels], alpha)
            alpha = self.settings.channels == "rgba"
        size = self.height, self.width
        image = resize_image(image, size, self.settings.resize, self.settings.filter, alpha)
        return np.ascontiguousarray(image.transpose(2, 0, 1))

    def _to_type(self, image: Pixels) -> Pixels:
        if self.dtype != "float32":
            # 8 bits among 16: v/255 and 257v/65535 are the same shade.
            widen = self.dtype == "uint16" and image.dtype == np.uint8
            return image.astype(np.uint16) * 257 if widen else image
        low, high = self.settings.value_range or (-1.0, 1.0)
        lowest, highest = float(image.min()), float(image.max())
        if not (low <= lowest and highest <= high):
            raise DataError(
                f"values from {lowest:g} to {highest:g}, outside [{low:g}, {high:g}]; "
                "set data.value_range=[LOWEST,HIGHEST] to the values that should become -1 and 1"
            )
        return ((image.astype(np.float64) - low) * (2.0 / (high - low)) - 1.0).astype(np.float32)


def choose_format(names: Sequence[str], headers: Sequence[Header], settings: Settings) -> ImageFormat:
    """Returns the format that `settings` and the images' own headers determine.

    Raises:
        DataError: images differ where no setting decides, or cannot be converted.
    """
    problems: list[str] = []
    parts: list[Any] = []
    for choose in (_choose_size, _choose_channels, _choose_type):
        try:
            parts.append(choose(names, headers, settings))
        except DataError as error:
            problems.append(str(error))
    if problems:
        raise DataError(". Also, ".join(problems))
    (height, width), channels, dtype = parts
    return ImageFormat(height, width, channels, dtype, settings)


def to_channels(image: Pixels, count: int, alpha: bool) -> Pixels:
    """Returns `image` [H, W, C] with `count` channels: 1 gray, 3 RGB, 4 RGBA.

    Opacity that has no place in the result is laid over black; new opacity is full.
    """
    colours = image.shape[2] - alpha
    if image.shape[2] == count and alpha == (count == 4):
        return image
    lowest, highest = (-1.0, 1.0) if image.dtype == np.float32 else (0.0, float(np.iinfo(image.dtype).max))
    shades = (image.astype(np.float32) - lowest) / (highest - lowest)
    opacity = shades[..., -1:] if alpha else np.ones_like(shades[..., :1])
    colour = shades[..., :colours]
    if count == 1:
        colour = colour @ _LUMA[:, None] if colours == 3 else colour
    elif colours == 1:
        colour = colour.repeat(3, axis=2)
    result = np.concatenate((colour, opacity), axis=2) if count == 4 else colour * opacity
    values = np.clip(result, 0.0, 1.0) * (highest - lowest) + lowest
    return values if image.dtype == np.float32 else np.rint(values).astype(image.dtype)


def channel_name(count: int) -> str:
    """Returns the name of images of `count` channels.

    >>> channel_name(4), channel_name(7)
    ('rgba', '7 channels')
    """
    return _NAMES.get(count, f"{count} channels")


def _choose_channels(names: Sequence[str], headers: Sequence[Header], settings: Settings) -> int:
    printed = [name for name, header in zip(names, headers, strict=True) if header.mode in PRINT_MODES]
    if printed and settings.channels is None:
        raise DataError(
            f"{len(printed)} images are in print or video colours (CMYK or YCbCr): {some(printed)}. "
            "Set data.channels=rgb to convert them without a colour profile, or convert them first"
        )
    if settings.channels is not None:
        strange = [name for name, header in zip(names, headers, strict=True) if header.channels > 4]
        if strange:
            raise DataError(
                f"data.channels: cannot make {settings.channels} of images with more than four channels: "
                f"{some(strange)}. Leave data.channels out to keep them as they are"
            )
        return _COUNTS[settings.channels]
    kinds = [header.channels for header in headers]
    if len(set(kinds)) > 1:
        listed = "; ".join(
            f"{count} {channel_name(kind)} (for example {names[kinds.index(kind)]})"
            for kind, count in Counter(kinds).most_common()
        )
        raise DataError(f"the images have different channels: {listed}. Set data.channels to gray, rgb or rgba")
    return kinds[0]


def _choose_type(names: Sequence[str], headers: Sequence[Header], settings: Settings) -> str:
    kinds = {header.dtype: name for name, header in zip(names, headers, strict=True)}
    if settings.value_range is not None:
        return "float32"
    for kind, name in kinds.items():
        if kind not in ("uint8", "uint16", "float16", "float32", "float64"):
            raise DataError(
                f"{name} holds {kind} values; needs uint8, uint16 or float. For others say which values become "
                "-1 and 1: data.value_range=[LOWEST,HIGHEST]"
            )
    if all(kind.startswith("uint") for kind in kinds):
        return max(kinds, key=lambda kind: np.dtype(kind).itemsize)
    if len({kind.startswith("float") for kind in kinds}) > 1:
        listed = " and ".join(f"{kind} ({name})" for kind, name in kinds.items())
        raise DataError(f"the images mix whole numbers and fractions: {listed}. Convert them to one type")
    return "float32"


def _choose_size(names: Sequence[str], headers: Sequence[Header], settings: Settings) -> tuple[int, int]:
    sizes = [(header.height, header.width) for header in headers]
    if settings.size is None:
        if len(set(sizes)) > 1:
            common = Counter(sizes).most_common(_SHOWN_SIZES)
            listed = ", ".join(f"{count} of {height}x{width}" for (height, width), count in common)
            more = f" and {len(set(sizes)) - _SHOWN_SIZES} other sizes" if len(set(sizes)) > _SHOWN_SIZES else ""
            height, width = common[0][0]
            example = height if height == width else f"{height}x{width}"
            raise DataError(
                f"the images have {len(set(sizes))} sizes (height x width): {listed}{more}. "
                f"Set data.size, for example data.size={example}, and data.resize if they should not be cropped"
            )
        return sizes[0]
    size = height_width(settings.size)
    other = [f"{name} ({own[0]}x{own[1]})" for name, own in zip(names, sizes, strict=True) if own != size]
    if other and settings.resize == "refuse":
        raise DataError(
            f"data.resize=refuse: {len(other)} images are not {size[0]}x{size[1]}: {some(other)}. "
            "Set data.resize to crop, fit, stretch or only"
        )
    return size
