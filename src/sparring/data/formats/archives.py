"""Archives of images: zip, tar, and the sprite files of the game Crossfire."""

import bz2
import gzip
import lzma
import mmap
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, cast

from sparring.data.image_collection import SIDECARS, Collection, FileItem, is_hidden, is_image
from sparring.errors import DataError

CROSSFIRE_SUFFIXES = (".base", ".clsc")
ZIP_SUFFIXES = (".zip",)
TAR_SUFFIXES = (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz")

_COMPRESSED: tuple[tuple[bytes, Callable[..., Any]], ...] = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ", lzma.open),
)


@dataclass(frozen=True)
class _Member:
    """A file in an archive: where its bytes lie."""

    name: str
    offset: int
    size: int


def zipped(path: Path) -> Collection:
    """Returns the images in a zip archive; members are read from any thread.

    Raises:
        DataError: the archive is damaged at its end, where the list of members is, or is not a zip.
    """
    try:
        archive = zipfile.ZipFile(path)  # kept open by the items that read from it
        members = sorted((info for info in archive.infolist() if not info.is_dir()), key=lambda info: info.filename)
        wanted = [info for info in members if not is_hidden(info.filename)]
        sidecars = {info.filename: archive.read(info) for info in wanted if info.filename in SIDECARS}
    except (zipfile.BadZipFile, OSError, zlib.error, RuntimeError, NotImplementedError) as error:
        raise DataError(f"{path}: cannot be read as a zip archive ({error}); make or fetch it again") from None

    def read(info: zipfile.ZipInfo) -> BinaryIO:
        return BytesIO(archive.read(info))

    items = tuple(
        FileItem(info.filename, f"{info.file_size} {info.CRC}", partial(read, info))
        for info in wanted
        if is_image(info.filename)
    )
    return Collection(path, items, sidecars, len(wanted) - len(items) - len(sidecars))


def tarred(path: Path) -> Collection:
    """Returns the images in a tar archive, compressed (gzip, bzip2, xz) or not.

    A compressed archive can only be read from its beginning, so it is first unpacked to an unnamed
    temporary file.

    Raises:
        DataError: the archive is truncated, damaged, or not a tar, or the temporary file does not fit.
    """
    try:
        content = _uncompressed(path)
        with tarfile.open(fileobj=cast(BinaryIO, content), mode="r:") as archive:
            members = [_Member(_plain(info.name), info.offset_data, info.size) for info in archive if info.isreg()]
        # tarfile accepts a truncated file.
        if len(content) < max((member.offset + member.size for member in members), default=0):
            raise tarfile.ReadError("it is truncated")
    except (tarfile.TarError, OSError, ValueError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise DataError(f"{path}: cannot be read as a tar archive ({error}); make or fetch it again") from None
    return _by_offset(path, content, members, is_image)


def crossfire(path: Path) -> Collection:
    """Returns the sprites in an image file of the Crossfire client: `IMAGE size name`, a line end, a PNG; repeated.

    Raises:
        DataError: the file is not such a one, or is truncated.
    """
    try:
        with path.open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error})") from None
    return _by_offset(path, content, list(_sprites(path, content)), lambda name: True)


def _sprites(path: Path, content: mmap.mmap) -> Iterator[_Member]:
    position = 0
    while position < len(content):
        line_end = content.find(b"\n", position)
        words = content[position:line_end].split(b" ", 2) if line_end >= 0 else []
        size = int(words[1]) if len(words) == 3 and words[0] == b"IMAGE" and words[1].isdigit() else -1
        if size < 0 or line_end + 1 + size > len(content):
            raise DataError(f"{path}: not a Crossfire image file, or damaged at byte {position}")
        yield _Member(_plain(words[2].decode("latin-1")), line_end + 1, size)
        position = line_end + 1 + size


def _by_offset(path: Path, content: mmap.mmap, members: list[_Member], wanted: Callable[[str], bool]) -> Collection:
    def read(member: _Member) -> BytesIO:
        return BytesIO(content[member.offset : member.offset + member.size])

    visible = {member.name: member for member in members if not is_hidden(member.name)}
    sidecars = {name: read(member).getvalue() for name, member in visible.items() if name in SIDECARS}
    changed = path.stat().st_mtime_ns
    items = tuple(
        FileItem(name, f"{member.size} {member.offset} {changed}", partial(read, member))
        for name, member in sorted(visible.items())
        if wanted(name) and name not in sidecars
    )
    return Collection(path, items, sidecars, len(visible) - len(items) - len(sidecars))


def _uncompressed(path: Path) -> mmap.mmap:
    """Returns the bytes of a tar, mapped: readable from any thread, and released with the last reader."""
    with path.open("rb") as file:
        opener = next((opener for magic, opener in _COMPRESSED if file.peek(6).startswith(magic)), None)
        if opener is None:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    with tempfile.TemporaryFile() as unpacked, opener(path, "rb") as stream:
        shutil.copyfileobj(stream, unpacked, 2**20)
        unpacked.flush()
        return mmap.mmap(unpacked.fileno(), 0, access=mmap.ACCESS_READ)


def _plain(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./")
