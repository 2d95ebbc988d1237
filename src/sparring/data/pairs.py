"""Pairs of images from files: of two sources with the same names, or side by side in one image."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Literal, Self

import numpy as np
from pydantic import model_validator

from sparring.data.formats.decoding import Header, UndecodableError
from sparring.data.formats.image_format import ImageFormat, Settings
from sparring.data.formats.pixels import Pixels
from sparring.data.image_collection import Collection, Item, is_image, some
from sparring.data.image_files import ImageFiles
from sparring.data.jitter import Jitter
from sparring.data.loader import build_loader, strict_decoding
from sparring.data.named_images import NamedImageSource, load_collection
from sparring.data.paired_images import PairedImages, Stacked
from sparring.data.size import ImageSize, height_width
from sparring.data.source import Loading, Source
from sparring.errors import DataError


class Pairs(Source):
    """Images of `target`, each with the image of `source` that has the same name: two folders, or two styles.

    Names are compared without the suffixes of image files. `crop` cuts a window of that size, at the same random
    place in both, whenever a pair is read; `mirror` flips both. Isola et al. 2017 load at 286 and crop 256.
    """

    source: Source
    target: Source
    crop: ImageSize | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse_mirrors(self.source, self.target)
        return self

    def load(self, loading: Loading = Loading()) -> PairedImages:
        """Returns the pairs in order of names; raises `DataError` as both sources do, and for images without a pair."""
        source, target = _named(self.source, "source"), _named(self.target, "target")
        sources, targets = source.collect(loading), target.collect(loading)
        return _load_pairs(
            (sources, source.settings),
            (targets, target.settings),
            f"{source.title} to {target.title}",
            Jitter(self.mirror, None if self.crop is None else height_width(self.crop)),
            loading,
        )


class SideBySide(Source):
    """Images of two halves: the `source` half, from which the other is to be generated.

    `images` says where they are and how each half is resized (`data.images.path`, `data.images.size`).
    `crop` and `mirror` are those of `Pairs`.
    """

    images: ImageFiles = ImageFiles()
    source: Literal["left", "right"] = "left"
    crop: ImageSize | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse_mirrors(self.images)
        return self

    def load(self, loading: Loading = Loading()) -> PairedImages:
        """Returns the pairs; raises `DataError`, as `ImageFiles` does, and for images of an odd width."""
        whole = self.images.collect(loading)
        left, right = (
            replace(whole, items=tuple(_Half(item, side) for item in whole.items)) for side in ("left", "right")
        )
        sources, targets = (left, right) if self.source == "left" else (right, left)
        return _load_pairs(
            (sources, self.images),
            (targets, self.images),
            self.images.title,
            Jitter(self.mirror, None if self.crop is None else height_width(self.crop)),
            loading,
        )


def refuse_mirrors(*sources: Source) -> None:
    """Raises `ValueError` where one of `sources` flips its images itself."""
    if any(source.mirror for source in sources):
        raise ValueError("mirror: images within pairs are flipped together; set data.mirror instead of a part's mirror")


@dataclass(frozen=True)
class _Half:
    """The left or the right half of an image."""

    whole: Item
    side: str

    @property
    def name(self) -> str:
        return self.whole.name

    @property
    def stamp(self) -> str:
        return f"{self.whole.stamp} {self.side}"

    def header(self) -> Header:
        header = self.whole.header()
        if header.width % 2:
            raise UndecodableError(f"its width of {header.width} is odd: it has no halves")
        return replace(header, width=header.width // 2)

    def decode(self) -> Pixels:
        pixels = self.whole.decode()
        middle = pixels.shape[1] // 2
        return pixels[:, :middle] if self.side == "left" else pixels[:, middle:]


@dataclass(frozen=True)
class _Converted:
    """An image, and the format that it is converted to."""

    item: Item
    alpha: bool
    format: ImageFormat

    def pixels(self) -> Pixels:
        return self.format.convert(self.item.decode(), self.alpha).transpose(1, 2, 0)


@dataclass(frozen=True)
class _Pair:
    """Two images as one: the target's channels first, then the source's."""

    name: str
    target: _Converted
    source: _Converted

    @property
    def stamp(self) -> str:
        return " | ".join(f"{one.item.name} {one.item.stamp} {one.format}" for one in (self.target, self.source))

    def header(self) -> Header:
        of = self.target.format
        channels = of.channels + self.source.format.channels
        return Header(of.height, of.width, channels, of.dtype, False, f"pair of {of.dtype}", "pair")

    def decode(self) -> Pixels:
        return np.concatenate((self.target.pixels(), self.source.pixels()), axis=2)


def _named(source: Source, field: str) -> NamedImageSource:
    if not isinstance(source, NamedImageSource):
        kinds = ", ".join(sorted(name for name, kind in Source.members.items() if issubclass(kind, NamedImageSource)))
        raise DataError(f"data.{field}: {source.kind()} has no names to find pairs by; needs one of {kinds}")
    return source


def _load_pairs(
    sources: tuple[Collection, Settings],
    targets: tuple[Collection, Settings],
    name: str,
    jitter: Jitter,
    loading: Loading,
) -> PairedImages:
    _match(sources[0], targets[0])
    with strict_decoding():
        source, target = (_converted(*side, loading) for side in (sources, targets))
    shared = sorted(source.keys() & target.keys())
    if not shared:
        raise DataError(f"{name}: no pair is left with two usable images")
    pairs = tuple(_Pair(key, target[key], source[key]) for key in shared)
    channels = _same_format(pairs[0].source.format, pairs[0].target.format).channels
    collection = Collection(targets[0].path, pairs, normalized=True)
    images = load_collection(collection, ImageFiles(), loading)
    lost = len(targets[0].items) - len(shared)
    return PairedImages(images, Stacked(channels), name, jitter, lost)


def _match(sources: Collection, targets: Collection) -> None:
    """Raises `DataError`, naming files, unless each source has one target and each target one source."""
    source, target = _by_key(sources), _by_key(targets)
    alone = [
        f"{len(names)} of {here.path} have none in {there.path}: {some(names)}"
        for here, there, names in (
            (sources, targets, [item.name for key, item in source.items() if key not in target]),
            (targets, sources, [item.name for key, item in target.items() if key not in source]),
        )
        if names
    ]
    if alone:
        raise DataError(
            f"data: images without a counterpart of the same name: {'; '.join(alone)}. Add, rename or remove them"
        )


def _by_key(collection: Collection) -> Mapping[str, Item]:
    items: dict[str, Item] = {}
    for item in collection.items:
        other = items.setdefault(_key(item.name), item)
        if other is not item:
            raise DataError(
                f"{collection.path}: {other.name} and {item.name} differ in their suffix only and could both "
                "belong to one pair; rename or remove one"
            )
    return items


def _key(name: str) -> str:
    return str(PurePosixPath(name).with_suffix("")) if is_image(name) else name


def _converted(collection: Collection, settings: Settings, loading: Loading) -> dict[str, _Converted]:
    loader = build_loader(collection, None, settings, loading)
    both = zip(loader.items, loader.headers, strict=True)
    return {_key(item.name): _Converted(item, header.alpha, loader.format) for item, header in both}


def _same_format(source: ImageFormat, target: ImageFormat) -> ImageFormat:
    if (source.height, source.width) != (target.height, target.width):
        raise DataError(
            f"data: sources of {source.height}x{source.width} and targets of {target.height}x{target.width}; pairs "
            f"need one size, for example data.source.size={target.height}x{target.width}"
        )
    if source.dtype != target.dtype:
        raise DataError(f"data: sources of {source.dtype} and targets of {target.dtype}; convert one of them")
    return target
