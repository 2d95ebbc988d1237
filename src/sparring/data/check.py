"""Checks a whole set before training: every image decoded, every offender named."""

import hashlib
import shlex
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sparring.data.formats.decoding import Header
from sparring.data.formats.image_format import channel_name, choose_format
from sparring.data.formats.packed import is_pack, read_pack, unpacked
from sparring.data.image_collection import Item, existing, some
from sparring.data.image_files import ImageFiles
from sparring.data.labels import LabelSource, targets_of
from sparring.data.loader import Offender, in_order, strict_decoding
from sparring.data.open import open_collection
from sparring.data.source import Loading
from sparring.errors import DataError, SparringError

_SHOWN = 8


@dataclass(frozen=True)
class CheckReport:
    """Contents of a set, its faults, and how to train on it.

    `sizes` are (height, width), `modes` Pillow's names of how images are stored. `labels` counts images by class,
    `numbers` holds name, mean and range of each number. `duplicates` are groups of images with identical pixels,
    `problems` sentences about the whole set, `settings` the assignments that it needs.
    """

    path: Path
    count: int
    ignored: int
    formats: Mapping[str, int]
    sizes: Mapping[tuple[int, int], int]
    modes: Mapping[str, int]
    channels: Mapping[int, int]
    types: Mapping[str, int]
    labels: Mapping[str, int]
    numbers: tuple[str, ...]
    duplicates: tuple[tuple[str, ...], ...]
    offenders: tuple[Offender, ...]
    problems: tuple[str, ...]
    settings: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether the set can be trained on with `settings`, nothing left out."""
        return not self.offenders and not self.problems

    def lines(self) -> list[str]:
        """Returns the report as lines of text, the verdict last."""
        passed = f"; {self.ignored} other files ignored" if self.ignored else ""
        lines = [f"{self.path}: {self.count} images{passed}"]
        sizes = Counter({f"{height}x{width}": count for (height, width), count in self.sizes.items()})
        channels = Counter({channel_name(kind): count for kind, count in self.channels.items()})
        named = (("formats", self.formats), ("sizes (height x width)", sizes), ("channels", channels))
        for title, counts in (*named, ("stored as", self.modes), ("types", self.types)):
            lines.append(f"{title}: {_counted(counts)}")
        lines.append(f"labels: {self._labels()}")
        if self.duplicates:
            extra = sum(len(group) - 1 for group in self.duplicates)
            lines.append(f"exact duplicates: {extra}, for example {' = '.join(self.duplicates[0][:3])}")
        lines += [f"cannot be used: {bad.name}: {bad.reason}" for bad in self.offenders]
        lines += [f"problem: {problem}" for problem in self.problems]
        return [*lines, self._verdict()]

    def _labels(self) -> str:
        if self.numbers:
            return f"{len(self.numbers)} numbers, means: {some(self.numbers, _SHOWN)}"
        return f"{len(self.labels)} classes: {_counted(self.labels)}" if self.labels else "none"

    def _verdict(self) -> str:
        command = shlex.join(("spar", "train", "dcgan", "--data", str(self.path), *self.settings))
        if self.problems:
            return "Not ready: mend the problems above."
        if len(self.offenders) == self.count:
            return "Not ready: not one image can be used."
        if self.offenders:
            bad = f"{len(self.offenders)} of {self.count} images cannot be used"
            return f"{bad}: mend or remove them, or leave them out with: {command} --skip-bad"
        return f"All {self.count} images can be used. Train on them with, for example: {command}"


@dataclass(frozen=True)
class _Decoded:
    """An image that could be decoded."""

    header: Header
    digest: bytes
    lowest: float
    highest: float


def check(path: Path, *, labels: LabelSource = "auto", loading: Loading = Loading()) -> CheckReport:
    """Returns a report on the images at `path`, after decoding every one; changes nothing.

    Raises:
        DataError: there is nothing at `path`, or no image in it.
        MissingExtraError: a TIFF needs tifffile.
    """
    path = existing(path)
    collection = unpacked(read_pack(path, sys.maxsize), path) if is_pack(path) else open_collection(path)
    with strict_decoding():
        results = list(in_order(_decode, collection.items, loading.workers))
    names = [item.name for item in collection.items]
    good = {name: image for name, image in zip(names, results, strict=True) if isinstance(image, _Decoded)}
    headers = [image.header for image in good.values()]
    settings = _settings(list(good.values()), collection.normalized)
    problems: list[str] = []
    counts: Counter[str] = Counter()
    numbers: list[str] = []
    try:
        targets = targets_of(collection, labels)
        if targets is not None and targets.kind == "attributes":
            numbers = targets.describe()
        elif targets is not None:
            counts.update(targets.names[index] for index in targets.values)
        if good:
            choose_format(
                list(good), headers, ImageFiles.read({}).override([one.removeprefix("data.") for one in settings])
            )
    except SparringError as error:
        problems.append(str(error))
    return CheckReport(
        path=path,
        count=len(names),
        ignored=collection.ignored,
        formats=Counter(header.format for header in headers),
        sizes=Counter((header.height, header.width) for header in headers),
        modes=Counter(header.mode for header in headers),
        channels=Counter(header.channels for header in headers),
        types=Counter(header.dtype for header in headers),
        labels=counts,
        numbers=tuple(numbers),
        duplicates=_duplicates(good),
        offenders=tuple(image for image in results if isinstance(image, Offender)),
        problems=tuple(problems),
        settings=tuple(settings),
    )


def _decode(item: Item) -> _Decoded | Offender:
    try:
        header, pixels = item.header(), item.decode()
    except DataError as error:
        return Offender(item.name, str(error))
    lowest, highest = float(pixels.min()), float(pixels.max())
    if not np.isfinite([lowest, highest]).all():
        return Offender(item.name, "holds values that are not finite numbers")
    content = np.ascontiguousarray(pixels)
    digest = hashlib.sha256(content.data)
    digest.update(f"{content.dtype} {content.shape}".encode())
    return _Decoded(header, digest.digest(), lowest, highest)


def _settings(images: Sequence[_Decoded], normalized: bool) -> list[str]:
    """Returns the assignments that convert these images to one format."""
    settings: list[str] = []
    headers = [image.header for image in images]
    sizes = Counter((header.height, header.width) for header in headers)
    if len(sizes) > 1:
        (height, width), _ = sizes.most_common(1)[0]
        settings.append(f"data.size={height}" if height == width else f"data.size={height}x{width}")
    kinds = {header.channels for header in headers}
    if len(kinds) > 1 and max(kinds) <= 4:
        settings.append(f"data.channels={'rgba' if kinds & {2, 4} else 'rgb'}")
    lowest = min((image.lowest for image in images), default=0)
    highest = max((image.highest for image in images), default=0)
    strange = any(header.dtype not in ("uint8", "uint16") for header in headers)
    if strange and not normalized and (lowest >= 0 or highest > 1 or lowest < -1):
        low, high = (0.0, 1.0) if 0 <= lowest <= highest <= 1 else (lowest, highest)
        settings.append(f"data.value_range=[{low:g},{high:g}]")
    return settings


def _duplicates(good: Mapping[str, _Decoded]) -> tuple[tuple[str, ...], ...]:
    groups: dict[bytes, list[str]] = {}
    for name, image in good.items():
        groups.setdefault(image.digest, []).append(name)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def _counted(counts: Mapping[str, int]) -> str:
    listed = [f"{name} {count}" for name, count in Counter(counts).most_common()]
    return some(listed, _SHOWN) or "none"
