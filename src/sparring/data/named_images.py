"""Sources whose images have names, and how a collection of images becomes a set."""

import hashlib
import json
import shutil
from abc import abstractmethod
from dataclasses import replace
from pathlib import Path

import numpy as np

from sparring.data.formats.image_format import Settings
from sparring.data.formats.packed import PackWriter, is_pack, read_pack
from sparring.data.image_collection import Collection
from sparring.data.images import Images
from sparring.data.labels import LabelSource, read_labels
from sparring.data.loader import Assembly, assemble, strict_decoding
from sparring.data.source import Loading, Source
from sparring.errors import DataError


class Collected(Source):
    """A source whose images have names, so that those of two can be matched, and are brought to one layout."""

    @property
    @abstractmethod
    def title(self) -> str:
        """What the set is called in messages and reports."""

    @property
    @abstractmethod
    def settings(self) -> Settings:
        """The layout that the images are brought to."""

    @abstractmethod
    def collect(self, loading: Loading = Loading()) -> Collection:
        """Returns the images, found or fetched. Raises as `load` does."""

    def load(self, loading: Loading = Loading()) -> Images:
        """Returns the set, in memory or mapped from a packed copy; raises as `load_collection` does."""
        images = load_collection(self.collect(loading), self.settings, loading)
        return replace(images, mirror=self.mirror, name=self.title)


def load_collection(
    collection: Collection,
    settings: Settings,
    loading: Loading,
    labels: LabelSource = "auto",
) -> Images:
    """Returns a collection as a set: in memory, or where it is too large mapped from a packed copy in the cache.

    The copy is found again as long as names and stamps of the images and these settings stay.

    Raises:
        DataError: unreadable images (unless `skip_bad`), images that differ in what no setting decides,
            labels that do not match, no room for the copy.
    """
    with strict_decoding():
        told, meanings = read_labels(collection, labels)
        asked = {"settings": _pixel_settings(settings), "skip_bad": loading.skip_bad, "classes": meanings}
        listing = [(item.name, item.stamp) for item in collection.items]
        key = hashlib.sha256(json.dumps([asked, listing]).encode())
        key.update(b"" if told is None else told.data)
        packed = loading.folder / "packed" / key.hexdigest()[:32]
        if is_pack(packed):
            try:
                return read_pack(packed, memory_limit=0).images
            except DataError:
                shutil.rmtree(packed)  # only a copy, and a damaged one
        assembly = assemble(collection, told, settings, loading)
        if len(assembly.items) * assembly.layout.image_bytes <= loading.memory_limit:
            return in_memory(assembly, meanings)
        write_pack(assembly, meanings, packed)
        return read_pack(packed, memory_limit=0).images


def in_memory(assembly: Assembly, meanings: tuple[str, ...]) -> Images:
    """Returns the images of an assembly, decoded into one array."""
    layout = assembly.layout
    pixels = np.empty((len(assembly.items), layout.channels, layout.height, layout.width), layout.dtype)
    kept: list[int] = []
    for index, row in assembly.rows():
        pixels[len(kept)] = row
        kept.append(index)
    images = Images(pixels[: len(kept)], skipped=len(assembly.offenders), left_out=assembly.left_out)
    return images.telling(None if assembly.told is None else assembly.told[kept], meanings)


def write_pack(assembly: Assembly, meanings: tuple[str, ...], folder: Path) -> int:
    """Writes the images of an assembly to `folder` as a pack, without holding them in memory; returns their count."""
    kept: list[int] = []
    with PackWriter(folder, assembly.layout.dtype) as writer:
        for index, row in assembly.rows():
            writer.append(row)
            kept.append(index)
        told = None if assembly.told is None else assembly.told[kept]
        counts = {"skipped": len(assembly.offenders), "left_out": assembly.left_out}
        writer.finish(told, meanings, assembly.alpha, counts)
    return len(kept)


def _pixel_settings(settings: Settings) -> dict[str, object]:
    return {
        "size": settings.size,
        "resize": settings.resize,
        "filter": settings.filter,
        "channels": settings.channels,
        "value_range": settings.value_range,
    }
