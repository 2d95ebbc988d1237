"""Sources whose images have names, and how a collection of images becomes a data set."""

import hashlib
import json
import shutil
from abc import abstractmethod
from pathlib import Path

import numpy as np

from sparring.data.formats.image_format import Settings
from sparring.data.formats.packed import PackWriter, is_pack, read_pack
from sparring.data.image_collection import Collection
from sparring.data.images import Images
from sparring.data.labels import LabelSource, targets_of
from sparring.data.loader import ImageLoader, build_loader, strict_decoding
from sparring.data.source import Loading, Source
from sparring.errors import DataError


class NamedImageSource(Source):
    """A source whose images have names, by which those of two sources can be paired, and settings for their format."""

    @property
    @abstractmethod
    def title(self) -> str:
        """The set's name in messages and reports."""

    @property
    @abstractmethod
    def settings(self) -> Settings:
        """The settings that decide the images' format."""

    @abstractmethod
    def collect(self, loading: Loading = Loading()) -> Collection:
        """Returns the images, from disk or downloaded; raises as `load` does."""

    def load(self, loading: Loading = Loading()) -> Images:
        """Returns the set, in memory or mapped from a packed copy; raises as `load_collection` does."""
        return load_collection(self.collect(loading), self.settings, loading).renamed(self.title, self.mirror)


def load_collection(
    collection: Collection, settings: Settings, loading: Loading, labels: LabelSource = "auto"
) -> Images:
    """Returns a collection as a data set: in memory, or mapped from a packed copy in the cache where it is too large.

    The copy is reused as long as names and stamps of the images and these settings stay.

    Raises:
        DataError: unreadable images that are not skipped, images that differ where no setting decides, labels that do
            not match, no room for the copy.
    """
    with strict_decoding():
        targets = targets_of(collection, labels)
        names = () if targets is None else targets.names
        described = {"settings": _pixel_settings(settings), "skip_bad": loading.skip_bad, "classes": names}
        listing = [(item.name, item.stamp) for item in collection.items]
        key = hashlib.sha256(json.dumps([described, listing]).encode())
        key.update(b"" if targets is None else targets.values.data)
        packed = loading.folder / "packed" / key.hexdigest()[:32]
        if is_pack(packed):
            try:
                return read_pack(packed, memory_limit=0).images
            except DataError:
                shutil.rmtree(packed)  # only a copy, and a damaged one
        loader = build_loader(collection, targets, settings, loading)
        if len(loader.items) * loader.format.image_bytes <= loading.memory_limit:
            return in_memory(loader)
        write_pack(loader, packed)
        return read_pack(packed, memory_limit=0).images


def in_memory(loader: ImageLoader) -> Images:
    """Returns a loader's images, decoded into one array."""
    pixels = np.empty((len(loader.items), *loader.format.shape), loader.format.dtype)
    kept: list[int] = []
    for index, row in loader.rows():
        pixels[len(kept)] = row
        kept.append(index)
    targets = None if loader.targets is None else loader.targets[kept]
    return Images(pixels[: len(kept)], targets, skipped=len(loader.offenders), left_out=loader.left_out)


def write_pack(loader: ImageLoader, folder: Path) -> int:
    """Writes a loader's images to `folder` as a pack, one at a time; returns their count."""
    kept: list[int] = []
    with PackWriter(folder, loader.format.dtype) as writer:
        for index, row in loader.rows():
            writer.append(row)
            kept.append(index)
        targets = None if loader.targets is None else loader.targets[kept]
        writer.finish(targets, loader.alpha, {"skipped": len(loader.offenders), "left_out": loader.left_out})
    return len(kept)


def _pixel_settings(settings: Settings) -> dict[str, object]:
    return {
        "size": settings.size,
        "resize": settings.resize,
        "filter": settings.filter,
        "channels": settings.channels,
        "value_range": settings.value_range,
    }
