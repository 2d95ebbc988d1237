"""Images of a folder, translated by a trained model, as picture files."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import torch
from torch import Tensor

from sparring.data import ImageFiles, Loading, save_image
from sparring.data.formats.image_format import channel_name, choose_format
from sparring.data.image_collection import Collection, Item, some
from sparring.data.images import from_pixels
from sparring.data.loader import Offender, refusal, strict_decoding
from sparring.data.open import open_collection
from sparring.errors import DataError, ShapeError
from sparring.files import explaining
from sparring.inference.model import Model

CONVERTED = {1: "gray", 3: "rgb", 4: "rgba"}
"""Modes that images are converted to, by the channels that a model takes; other counts must match exactly."""


def write_translations(
    model: Model, source: Path, direction: str, out: Path | None, tile: int, loading: Loading = Loading()
) -> Iterator[str]:
    """Translates the images of a folder, an archive or one file, each at its size, and yields what it wrote.

    Each goes under its own name, as PNG, into `out`, or `translated/DIRECTION` in the run's folder. They are brought
    to the channels of the run's own data; opacity that it has not is laid over black. `tile` is that of
    `Model.translate`. Images that cannot be read are refused before the first is written (those that turn out to be
    damaged farther in, when it comes to them), or left out where `loading` skips bad ones.

    Raises:
        SparringError: no such images, a model that does not translate so, a folder that cannot be written, or is the
            one that the images are in.
    """
    channels = model.source_channels(direction)
    collection = open_collection(source)
    folder = out or model.home / "translated" / direction
    _check_places(collection, folder)
    bad = _find_bad(collection, channels)
    if bad and (not loading.skip_bad or len(bad) == len(collection.items)):
        raise DataError(refusal(collection, bad))
    named = {offender.name for offender in bad}
    good = [item for item in collection.items if item.name not in named]
    written: list[Path] = []
    for item in good:
        try:
            image = _read(item, channels)
        except DataError as error:
            bad.append(Offender(item.name, str(error)))
            if not loading.skip_bad:
                raise DataError(refusal(collection, bad)) from None
            continue
        written.append(_write(model, item.name, image, direction, tile, folder))
    yield from (f"left out {offender.name}: {offender.reason}" for offender in bad)
    yield f"{len(written)} images {direction} in {folder}" + (f", the last {written[-1].name}" if written else "")


def _write(model: Model, name: str, image: Tensor, direction: str, tile: int, folder: Path) -> Path:
    try:
        translated = model.translate(image[None], direction, tile)[0]
    except ShapeError as error:
        raise ShapeError(f"{name}: {error}") from None
    target = _place(folder, name)
    with explaining(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        return save_image(translated.float().cpu(), target, model.depth)


def _check_places(collection: Collection, folder: Path) -> None:
    """Raises `DataError` where a translation would overwrite another one, or its source."""
    if folder.resolve() == (collection.path if collection.path.is_dir() else collection.path.parent).resolve():
        raise DataError(f"{folder}: the images to translate are there; write to another folder (--out)")
    places = Counter(_place(folder, item.name) for item in collection.items)
    if twice := [item.name for item in collection.items if places[_place(folder, item.name)] > 1]:
        raise DataError(
            f"{collection.path}: {some(twice)} differ in their suffix only, and become one PNG; rename some"
        )


def _place(folder: Path, name: str) -> Path:
    return folder / PurePosixPath(name).with_suffix(".png")


def _find_bad(collection: Collection, channels: int) -> list[Offender]:
    """Returns the images that have unreadable headers, or channels that cannot be translated."""

    def find_fault(item: Item) -> Offender | None:
        try:
            with strict_decoding():
                own = item.header().channels
        except DataError as error:
            return Offender(item.name, str(error))
        if own != channels and (channels not in CONVERTED or own > max(CONVERTED)):
            return Offender(item.name, f"is {channel_name(own)}, where the model takes {channel_name(channels)}")
        return None

    return [bad for bad in map(find_fault, collection.items) if bad is not None]


def _read(item: Item, channels: int) -> Tensor:
    """Returns an image [C, H, W] in [-1, 1] with these channels; raises `DataError` where it cannot be read."""
    with strict_decoding():
        header = item.header()
        layout = choose_format([item.name], [header], ImageFiles(channels=CONVERTED.get(channels)))
        return from_pixels(torch.from_numpy(layout.convert(item.decode(), header.alpha)))
