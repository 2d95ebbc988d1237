"""From the items of a collection to rows of one layout: look at all, plan, then decode in threads."""

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
from sparring.data.formats.image_format import Layout, Settings, plan
from sparring.data.formats.pixels import Pixels
from sparring.data.image_collection import Collection, Item
from sparring.data.images import Told
from sparring.data.size import height_width
from sparring.data.source import Loading
from sparring.errors import DataError

_CHUNK = 32
_SHOWN = 5

Given = TypeVar("Given")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Offender:
    """An image that cannot be used, and why."""

    name: str
    reason: str


@dataclass
class Assembly:
    """The images of a collection that are wanted, and the layout they are brought to.

    `told` are labels [N] or numbers [N, D]. `offenders` grows while `rows` decodes; `left_out` counts images that
    `resize=only` did not want.
    """

    collection: Collection
    items: tuple[Item, ...]
    headers: tuple[Header, ...]
    told: Told | None
    layout: Layout
    left_out: int
    loading: Loading
    offenders: list[Offender] = field(default_factory=list)

    @property
    def alpha(self) -> bool:
        """Whether the last channel is opacity."""
        asked = self.layout.settings.channels
        return self.headers[0].alpha if asked is None else asked == "rgba"

    def rows(self) -> Iterator[tuple[int, Pixels]]:
        """Yields position and pixels [C, H, W] of every image that can be decoded, in order.

        Raises:
            DataError: after the last one, where there are offenders and `skip_bad` is off; or where the
                values do not tell what range they span.
        """
        lowest = 0.0

        def decode(index: int) -> Pixels | Offender:
            item = self.items[index]
            try:
                return self.layout.arrange(item.decode(), self.headers[index].alpha)
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
        declared = self.layout.settings.value_range is not None or self.collection.normalized
        if self.layout.dtype == "float32" and lowest >= 0.0 and not declared:
            raise DataError(
                f"{path}: holds fractions none of which is negative, so they may span [0, 1] or [-1, 1]; "
                "set data.value_range=[0,1] or data.value_range=[-1,1]"
            )


def assemble(collection: Collection, told: Told | None, settings: Settings, loading: Loading) -> Assembly:
    """Returns the assembly of a collection, after a look at the header of every image.

    Raises:
        DataError: a header that cannot be read and `skip_bad` is off; images that differ in what no
            setting decides; no image of the size that `resize=only` wants.
    """
    looked = survey(collection.items, loading.workers)
    offenders = [header for header in looked if isinstance(header, Offender)]
    if len(offenders) == len(looked) or (offenders and not loading.skip_bad):
        # Decode the others too: the report should count every offender at once.
        good = [item for item, header in zip(collection.items, looked, strict=True) if isinstance(header, Header)]
        offenders += [bad for bad in in_order(_try, good, loading.workers) if bad is not None]
        raise DataError(refusal(collection, offenders))
    wanted = None if settings.size is None or settings.resize != "only" else height_width(settings.size)
    kept = [
        (index, header)
        for index, header in enumerate(looked)
        if isinstance(header, Header) and wanted in (None, (header.height, header.width))
    ]
    left_out = len(looked) - len(offenders) - len(kept)
    if not kept:
        raise DataError(f"{collection.path}: data.resize=only, but no image has the size {settings.size}")
    items = tuple(collection.items[index] for index, _ in kept)
    headers = tuple(header for _, header in kept)
    chosen = None if told is None else told[[index for index, _ in kept]]
    layout = plan([item.name for item in items], headers, settings)
    return Assembly(collection, items, headers, chosen, layout, left_out, loading, offenders)


def survey(items: Sequence[Item], workers: int) -> list[Header | Offender]:
    """Returns the header of each item, or why it has none."""

    def look(item: Item) -> Header | Offender:
        try:
            return item.look()
        except UndecodableError as error:
            return Offender(item.name, str(error))

    return list(in_order(look, items, workers))


def in_order(function: Callable[[Given], Result], items: Sequence[Given], workers: int) -> Iterator[Result]:
    """Yields `function` of each item in order, computed by threads a little ahead of what is taken."""
    if workers <= 1:
        yield from map(function, items)
        return

    def work(start: int) -> list[Result]:
        return [function(item) for item in items[start : start + _CHUNK]]

    waiting: deque[Future[list[Result]]] = deque()
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
    """Makes Pillow refuse suspiciously large images, and keep its other warnings to itself."""
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
