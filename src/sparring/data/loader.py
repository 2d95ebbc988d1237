"""Decodes the items of a collection to one image format: headers first, then the format, then pixels in threads."""

import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from PIL import Image

from sparring.data.formats.decoding import Header, UndecodableError
from sparring.data.formats.image_format import ImageFormat, Settings, choose_format
from sparring.data.formats.pixels import Pixels
from sparring.data.image_collection import Collection, Item
from sparring.data.size import height_width
from sparring.data.source import Loading
from sparring.data.targets import Targets
from sparring.errors import DataError

_CHUNK = 32
_SHOWN = 5

Input = TypeVar("Input")
Output = TypeVar("Output")


@dataclass(frozen=True)
class Offender:
    """An image that cannot be used, and why."""

    name: str
    reason: str


@dataclass
class ImageLoader:
    """The images to load from a collection, with their targets, and the format that they are converted to.

    `offenders` grows while `rows` decodes; `left_out` counts images that `resize=only` excludes.
    """

    collection: Collection
    items: tuple[Item, ...]
    headers: tuple[Header, ...]
    targets: Targets | None
    format: ImageFormat
    left_out: int
    loading: Loading
    offenders: list[Offender] = field(default_factory=list)

    @property
    def alpha(self) -> bool:
        """Whether the last channel is opacity."""
        channels = self.format.settings.channels
        return self.headers[0].alpha if channels is None else channels == "rgba"

    def rows(self) -> Iterator[tuple[int, Pixels]]:
        """Yields position and pixels [C, H, W] of every image that can be decoded, in order.

        Raises:
            DataError: after the last image, where some cannot be decoded and bad ones are not skipped, or where the
                values leave open which range they span.
        """
        lowest = 0.0

        def decode(index: int) -> Pixels | Offender:
            item = self.items[index]
            try:
                return self.format.convert(item.decode(), self.headers[index].alpha)
            except DataError as error:
                return Offender(item.name, str(error))

        for index, row in enumerate(in_order(decode, range(len(self.items)), self.loading.workers)):
            if isinstance(row, Offender):
                self.offenders.append(row)
                continue
            if row.dtype == np.float32:
                lowest = min(lowest, float(row.min()))
            if self.loading.skip_bad or not self.offenders:
                yield index, row
        self._check(lowest)

    def _check(self, lowest: float) -> None:
        path = self.collection.path
        if self.offenders and not self.loading.skip_bad:
            raise DataError(refusal(self.collection, self.offenders))
        if len(self.offenders) >= len(self.collection.items) - self.left_out:
            raise DataError(f"{path}: not one image can be decoded; the first: {self.offenders[0].reason}")
        declared = self.format.settings.value_range is not None or self.collection.normalized
        if self.format.dtype == "float32" and lowest >= 0.0 and not declared:
            raise DataError(
                f"{path}: holds no negative fractions, which may span [0, 1] or [-1, 1]; "
                "set data.value_range=[0,1] or data.value_range=[-1,1]"
            )


def build_loader(collection: Collection, targets: Targets | None, settings: Settings, loading: Loading) -> ImageLoader:
    """Returns the loader of a collection, after reading the header of every image.

    Raises:
        DataError: a header that cannot be read, unless bad images are skipped; images that differ where no setting
            decides; no image of the size that `resize=only` keeps.
    """
    headers = read_headers(collection.items, loading.workers)
    offenders = [header for header in headers if isinstance(header, Offender)]
    if len(offenders) == len(headers) or (offenders and not loading.skip_bad):
        # Decode the others too: the report should count every offender at once.
        good = [item for item, header in zip(collection.items, headers, strict=True) if isinstance(header, Header)]
        offenders += [bad for bad in in_order(_try, good, loading.workers) if bad is not None]
        raise DataError(refusal(collection, offenders))
    only = None if settings.size is None or settings.resize != "only" else height_width(settings.size)
    kept = [
        (index, header)
        for index, header in enumerate(headers)
        if isinstance(header, Header) and only in (None, (header.height, header.width))
    ]
    if not kept:
        raise DataError(f"{collection.path}: data.resize=only, but no image has the size {settings.size}")
    items = tuple(collection.items[index] for index, _ in kept)
    return ImageLoader(
        collection,
        items,
        headers=tuple(header for _, header in kept),
        targets=None if targets is None else targets[[index for index, _ in kept]],
        format=choose_format([item.name for item in items], [header for _, header in kept], settings),
        left_out=len(headers) - len(offenders) - len(kept),
        loading=loading,
        offenders=offenders,
    )


def read_headers(items: Sequence[Item], workers: int) -> list[Header | Offender]:
    """Returns the header of each item, or why it has none."""

    def read(item: Item) -> Header | Offender:
        try:
            return item.header()
        except UndecodableError as error:
            return Offender(item.name, str(error))

    return list(in_order(read, items, workers))


def in_order(function: Callable[[Input], Output], items: Sequence[Input], workers: int) -> Iterator[Output]:
    """Yields `function(item)` for each item in order, computed by threads slightly ahead of consumption."""
    if workers <= 1:
        yield from map(function, items)
        return

    def work(start: int) -> list[Output]:
        return [function(item) for item in items[start : start + _CHUNK]]

    waiting: deque[Future[list[Output]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for start in range(0, len(items), _CHUNK):
            waiting.append(pool.submit(work, start))
            if len(waiting) > 2 * workers:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


def refusal(collection: Collection, offenders: Sequence[Offender]) -> str:
    """Returns the paragraph that refuses a set with unreadable images."""
    total = len(collection.items)
    listed = "; ".join(f"{bad.name} ({bad.reason})" for bad in offenders[:_SHOWN])
    more = f"; and {len(offenders) - _SHOWN} more" if len(offenders) > _SHOWN else ""
    return (
        f"{collection.path}: {len(offenders)} of {total} images cannot be used: {listed}{more}. "
        f"`spar data check {collection.path}` lists them all; mend or remove them, or add --skip-bad to leave them out"
    )


@contextmanager
def strict_decoding() -> Iterator[None]:
    """Makes Pillow refuse suspiciously large images and silences its other warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def _try(item: Item) -> Offender | None:
    try:
        item.decode()
    except UndecodableError as error:
        return Offender(item.name, str(error))
    return None
