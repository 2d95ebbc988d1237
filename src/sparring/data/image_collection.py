"""A folder or archive of images as a list of items, each readable independently and from any thread."""

import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from sparring.data.formats import decoding
from sparring.data.formats.decoding import Header, UndecodableError
from sparring.data.formats.pixels import Pixels
from sparring.data.targets import Targets
from sparring.errors import DataError, nearest

SIDECARS = ("dataset.json", "labels.csv", "labels.json")
"""Label files at the top, in order of precedence."""


class Item(Protocol):
    """One image of a collection."""

    @property
    def name(self) -> str:
        """Its path inside the collection, with forward slashes."""

    @property
    def stamp(self) -> str:
        """A text that changes when the image does."""

    def header(self) -> Header:
        """Returns its header; raises `UndecodableError`."""

    def decode(self) -> Pixels:
        """Returns its pixels [H, W, C]; raises `UndecodableError`."""


@dataclass(frozen=True)
class FileItem:
    """An image file in a folder or an archive; `open` opens its bytes."""

    name: str
    stamp: str
    open: Callable[[], BinaryIO]

    def header(self) -> Header:
        """Returns its header; raises `UndecodableError`."""
        with self._stream() as stream:
            return decoding.read_header(stream)

    def decode(self) -> Pixels:
        """Returns its pixels [H, W, C]; raises `UndecodableError`."""
        with self._stream() as stream:
            try:
                content = stream.read()
            except OSError as error:
                raise UndecodableError(f"cannot be read: {error.strerror or error}") from None
        return decoding.decode(content)

    def _stream(self) -> BinaryIO:
        try:
            return self.open()
        except PermissionError:
            raise UndecodableError("no permission to read it") from None
        except Exception as error:  # archives raise half a dozen kinds for damaged or locked members
            raise UndecodableError(f"cannot be read: {error}") from None


@dataclass(frozen=True)
class Collection:
    """The images at a path, sorted by name, with the label files at the top.

    `ignored` counts files that are no images. `targets` are those that the collection itself holds, as arrays do.
    `normalized` says that fractions are known to span [-1, 1].
    """

    path: Path
    items: tuple[Item, ...]
    sidecars: Mapping[str, bytes] = field(default_factory=dict)
    ignored: int = 0
    targets: Targets | None = None
    normalized: bool = False


def some(names: Sequence[str], most: int = 5) -> str:
    """Returns the first few names for a message.

    >>> some("abcdefgh")
    'a, b, c, d, e, …'
    """
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")


def is_hidden(name: str) -> bool:
    """Returns whether any part of the path `name` begins with a dot or is a Mac's resource fork."""
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)


def is_image(name: str) -> bool:
    """Returns whether the suffix of `name` is one of an image file."""
    return PurePosixPath(name).suffix.lower() in decoding.SUFFIXES


def existing(path: Path) -> Path:
    """Returns `path`, `~` expanded; raises `DataError` with near names where nothing is there."""
    path = path.expanduser()
    try:
        path.stat()
    except PermissionError:
        raise DataError(f"{path}: no permission to read it") from None
    except OSError:
        parent = path.parent
        siblings = [other.name for other in parent.iterdir()] if parent.is_dir() else []
        hint = nearest(path.name, siblings).partition(" (known")[0]
        place = "" if parent.is_dir() else f" (nor is the folder {parent})"
        raise DataError(f"{path}: there is no such file or folder{place}{hint}") from None
    return path


def folder(path: Path) -> Collection:
    """Returns the images in a folder and its subfolders, hidden ones left out, links followed."""
    items: list[Item] = []
    sidecars: dict[str, bytes] = {}
    ignored = 0
    for name in sorted(_walk(path)):
        file = path / name
        if name in SIDECARS:
            sidecars[name] = file.read_bytes()
        elif is_image(name):
            items.append(_file_item(name, file))
        else:
            ignored += 1
    return Collection(path, tuple(items), sidecars, ignored)


def single(path: Path) -> Collection:
    """Returns a collection of one image file."""
    return Collection(path, (_file_item(path.name, path),))


def _file_item(name: str, file: Path) -> FileItem:
    try:
        status = file.stat()
        stamp = f"{status.st_size} {status.st_mtime_ns}"
    except OSError:
        stamp = ""  # a dangling link: reading it reports that
    return FileItem(name, stamp, lambda: file.open("rb"))


def _walk(path: Path) -> Iterator[str]:
    """Yields the files below `path`, relative to it; each folder once, which ends circles of links."""
    visited: set[tuple[int, int]] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        status = current.stat()
        if (status.st_dev, status.st_ino) in visited:
            continue
        visited.add((status.st_dev, status.st_ino))
        try:
            with os.scandir(current) as entries:
                for entry in entries:
                    if is_hidden(entry.name):
                        continue
                    if entry.is_dir():
                        waiting.append(Path(entry.path))
                    elif entry.is_symlink() or stat.S_ISREG(entry.stat().st_mode):
                        yield Path(entry.path).relative_to(path).as_posix()
        except OSError as error:
            raise DataError(f"{current}: the folder cannot be read ({error.strerror})") from None
