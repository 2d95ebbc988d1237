"""Images from files: a folder, an archive, an array, or a packed data set."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from pydantic import model_validator

from sparring.data.assembly import Assembly, assemble, strict_decoding
from sparring.data.collection import Collection, existing
from sparring.data.images import Images
from sparring.data.labels import LabelSource, read_labels
from sparring.data.layout import Channels
from sparring.data.opening import open_collection
from sparring.data.packed import Pack, PackWriter, is_pack, read_pack, unpacked
from sparring.data.resizing import Filter, Resize
from sparring.data.size import Size, height_width
from sparring.data.source import MEMORY_LIMIT, WORKERS, Source
from sparring.download import cache_folder
from sparring.errors import DataError


class ImageFiles(Source):
    """Your own images.

    `path` is a folder (searched through, hidden files passed over), a zip or tar archive, a `.npy` or
    `.npz` array [N, H, W] or [N, H, W, C], or what `spar data pack` made. Gray, gray with alpha, RGB,
    RGBA and other counts, and 8, 16 bit and fractions, stay what they are unless a field says
    otherwise.

    - `size`: `32`, or `32x48` (height x width); without one, all images must have the same size.
    - `resize`: what happens to images of another size. `crop` scales to cover and cuts out the centre,
      `fit` scales to lie inside and pads with black (transparent where there is alpha), `stretch`
      ignores proportions, `refuse` is an error, `only` leaves them out.
    - `filter`: how pixels are interpolated, antialiased in every case.
    - `channels`: `gray`, `rgb` or `rgba`; without one, all images must have the same.
    - `labels`: `auto` (a label file at the top, else subfolders, else none), `folders`, `none`, or the
      path of a CSV or JSON file.
    - `value_range`: the stored values that become -1 and 1, for fractions and for whole numbers that do
      not fill their type, such as 12 bits in 16.
    """

    path: Path | None = None
    size: Size | None = None
    resize: Resize = "crop"
    filter: Filter = "lanczos"
    channels: Channels | None = None
    labels: LabelSource = "auto"
    value_range: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.resize == "only" and self.size is None:
            raise ValueError("resize=only keeps images of one size: set size too, for example size=32")
        if self.value_range is not None and self.value_range[0] >= self.value_range[1]:
            raise ValueError(f"value_range={list(self.value_range)}; needs the lower value first, for example [0,1]")
        return self

    def load(
        self,
        *,
        skip_bad: bool = False,
        workers: int = WORKERS,
        cache: Path | None = None,
        memory_limit: int = MEMORY_LIMIT,
    ) -> Images:
        """Returns the set: in memory up to `memory_limit` bytes, else memory-mapped from a packed copy in `cache`.

        The copy is found again as long as names, sizes and times of the files and these settings stay.

        Raises:
            DataError: nothing at `path`, unreadable images (unless `skip_bad`), images that differ in
                what no field decides, labels that do not match, no room for the copy.
            MissingExtraError: 16-bit colour or many-band TIFF without tifffile.
        """
        path = self._existing()
        if is_pack(path):
            pack = read_pack(path, memory_limit)
            if self._fits(pack):
                return self._finished(pack.images, path)
            collection = unpacked(pack, path)
        else:
            collection = open_collection(path)
        with strict_decoding():
            return self._finished(self._read(collection, skip_bad, workers, cache, memory_limit), path)

    def assembly(self, *, skip_bad: bool = False, workers: int = WORKERS) -> tuple[Assembly, tuple[str, ...]]:
        """Returns the images ready to be decoded one by one, and the classes; raises as `load` does."""
        path = self._existing()
        collection = unpacked(read_pack(path, MEMORY_LIMIT), path) if is_pack(path) else open_collection(path)
        labels, classes = read_labels(collection, self.labels)
        return assemble(collection, labels, self, skip_bad, workers), classes

    def _existing(self) -> Path:
        if self.path is None:
            raise DataError("data.path: no images were named; add --data PATH, or data.path=PATH")
        return existing(self.path)

    def _read(
        self, collection: Collection, skip_bad: bool, workers: int, cache: Path | None, memory_limit: int
    ) -> Images:
        labels, classes = read_labels(collection, self.labels)
        settings = {"settings": self._pixel_settings(), "skip_bad": skip_bad, "classes": classes}
        listing = [(item.name, item.stamp) for item in collection.items]
        key = hashlib.sha256(json.dumps([settings, listing]).encode())
        key.update(b"" if labels is None else labels.data)
        packed = (cache or cache_folder()) / "packed" / key.hexdigest()[:32]
        if is_pack(packed):
            try:
                return read_pack(packed, memory_limit=0).images
            except DataError:
                shutil.rmtree(packed)  # only a copy, and a damaged one
        assembly = assemble(collection, labels, self, skip_bad, workers)
        if len(assembly.items) * assembly.layout.image_bytes <= memory_limit:
            return in_memory(assembly, classes, skip_bad, workers)
        write_pack(assembly, classes, packed, skip_bad, workers)
        return read_pack(packed, memory_limit=0).images

    def _pixel_settings(self) -> dict[str, Any]:
        return {name: value for name, value in self.tree().items() if name not in ("kind", "path", "mirror", "labels")}

    def _fits(self, pack: Pack) -> bool:
        """Returns whether a pack already is what these settings ask for."""
        channels, *sides = pack.images.shape
        counts = {None: channels, "gray": 1, "rgb": 3, "rgba": 4}
        same_size = self.size is None or height_width(self.size) == tuple(sides)
        return same_size and counts[self.channels] == channels and self.labels == "auto" and self.value_range is None

    def _finished(self, images: Images, path: Path) -> Images:
        return replace(images, mirror=self.mirror, name=path.name)


def in_memory(assembly: Assembly, classes: tuple[str, ...], skip_bad: bool, workers: int) -> Images:
    """Returns the images of an assembly, decoded into one array."""
    layout = assembly.layout
    pixels = np.empty((len(assembly.items), layout.channels, layout.height, layout.width), layout.dtype)
    kept: list[int] = []
    for index, row in assembly.rows(skip_bad, workers):
        pixels[len(kept)] = row
        kept.append(index)
    return Images(
        pixels[: len(kept)],
        None if assembly.labels is None else assembly.labels[kept],
        classes,
        skipped=len(assembly.offenders),
        left_out=assembly.left_out,
    )


def write_pack(assembly: Assembly, classes: tuple[str, ...], folder: Path, skip_bad: bool, workers: int) -> int:
    """Writes the images of an assembly to `folder` as a pack, without holding them in memory; returns their count."""
    kept: list[int] = []
    with PackWriter(folder, assembly.layout.dtype) as writer:
        for index, row in assembly.rows(skip_bad, workers):
            writer.append(row)
            kept.append(index)
        labels = None if assembly.labels is None else assembly.labels[kept]
        counts = {"skipped": len(assembly.offenders), "left_out": assembly.left_out}
        writer.finish(labels, classes, assembly.alpha, counts)
    return len(kept)
