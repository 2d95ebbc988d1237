"""Images that come as one array: `.npy` and `.npz`."""

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sparring.data.formats.decoding import Header
from sparring.data.formats.pixels import Pixels
from sparring.data.image_collection import Collection
from sparring.data.targets import Targets, numbers_of
from sparring.errors import DataError

SUFFIXES = (".npy", ".npz")


@dataclass(frozen=True, eq=False)
class ArrayItem:
    """One image [H, W, C] of an array."""

    name: str
    stamp: str
    pixels: Pixels
    alpha: bool = False

    def header(self) -> Header:
        """Returns its header."""
        height, width, channels = self.pixels.shape
        dtype = "uint8" if self.pixels.dtype == np.bool_ else self.pixels.dtype.name
        return Header(height, width, channels, dtype, self.alpha, f"{self.pixels.dtype} x {channels}", "array")

    def decode(self) -> Pixels:
        """Returns its pixels; truth values become 0 and 255."""
        return self.pixels.astype(np.uint8) * 255 if self.pixels.dtype == np.bool_ else self.pixels


def array(path: Path) -> Collection:
    """Returns the images of a `.npy` or `.npz`: [N, H, W] or [N, H, W, C], `images` and `labels` in an npz.

    Labels are classes, whole numbers [N], or numbers [N, D] in [0, 1]; `classes`, or `attributes`, are their names.
    Four channels are four bands; none of them counts as opacity unless `channels` is set.

    Raises:
        DataError: the file is damaged, holds Python objects, or is not of such a shape.
    """
    try:
        arrays = _arrays(path)
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path}: cannot be read as numbers ({error}); save it again with numpy.save") from None
    images = _images(path, arrays)
    targets = _targets(path, arrays, len(images))
    status = path.stat()
    digits = len(str(len(images) - 1))
    items = tuple(
        ArrayItem(f"{path.name}[{index:0{digits}d}]", f"{status.st_size} {status.st_mtime_ns}", image)
        for index, image in enumerate(images)
    )
    return Collection(path, items, targets=targets)


def _arrays(path: Path) -> dict[str, Pixels]:
    if path.suffix.lower() == ".npy":
        return {"images": np.lib.format.open_memmap(path, mode="r")}
    with path.open("rb") as file:  # numpy leaves a file open that it cannot read
        loaded = np.load(file, allow_pickle=False)
        return {name: loaded[name] for name in loaded.files}


def _images(path: Path, arrays: dict[str, Pixels]) -> Pixels:
    others = [name for name in arrays if name not in ("labels", "classes", "attributes")]
    name = "images" if "images" in arrays else others[0] if len(others) == 1 else ""
    if not name:
        raise DataError(f"{path}: holds the arrays {', '.join(arrays) or 'none'}; name the one with pixels 'images'")
    images = arrays[name]
    if images.ndim not in (3, 4) or 0 in images.shape[1:]:
        raise DataError(f"{path}: images of shape {images.shape}; needs [N, H, W] or [N, H, W, C]")
    if images.ndim == 3:
        return images[..., None]
    if images.shape[1] <= 4 < min(images.shape[2:]):
        raise DataError(
            f"{path}: images of shape {images.shape} look like [N, C, H, W]; needs [N, H, W, C]: "
            "images.transpose(0, 2, 3, 1)"
        )
    return images


def _targets(path: Path, arrays: dict[str, Pixels], count: int) -> Targets | None:
    if "labels" not in arrays:
        return None
    labels = arrays["labels"]
    if labels.ndim == 2 and len(labels) == count and labels.dtype.kind in "biuf":
        attributes = tuple(str(name) for name in arrays.get("attributes", np.arange(labels.shape[1])))
        if len(attributes) != labels.shape[1]:
            raise DataError(f"{path}: labels of shape {labels.shape}, and names of {len(attributes)} attributes")
        try:
            return numbers_of(labels, attributes, [f"image {index}" for index in range(count)])
        except ValueError as error:
            raise DataError(f"{path}: {error}") from None
    if labels.shape != (count,) or labels.dtype.kind not in "iu":
        raise DataError(
            f"{path}: labels of type {labels.dtype} and shape {labels.shape}; needs whole numbers [{count}] "
            f"for classes, or numbers from 0 to 1 [{count}, D]"
        )
    if count and labels.min() < 0:
        raise DataError(f"{path}: labels go down to {labels.min()}; needs 0 and up")
    most = int(labels.max()) + 1 if count else 0
    classes = tuple(str(name) for name in arrays.get("classes", np.arange(most)))
    return Targets(labels.astype(np.int64), classes)
