"""Archives of images: zip, tar, and the sprite files of the game Crossfire."""

import bz2
import gzip
import lzma
import os
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
from threading import Lock
from typing import BinaryIO

from sparring.data.collection import SIDECARS, Collection, FileItem, Item, is_hidden, is_image
from sparring.errors import DataError

CROSSFIRE_SUFFIXES = (".base", ".clsc")
ZIP_SUFFIXES = (".zip",)
TAR_SUFFIXES = (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz")


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
        file = _uncompressed(path)
        with tarfile.open(fileobj=file, mode="r:") as archive:
            members = [_Member(_plain(info.name), info.offset_data, info.size) for info in archive if info.isreg()]
            # tarfile takes a file that ends too early for one that ends.
            end = max((member.offset + member.size for member in members), default=0)
        if file.seek(0, os.SEEK_END) < end:
            raise tarfile.ReadError("it is truncated")
    except (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise DataError(f"{path}: cannot be read as a tar archive ({error}); make or fetch it again") from None
    return _by_offset(path, file, members, is_image)


def crossfire(path: Path) -> Collection:
    """Returns the sprites in an image file of the Crossfire client: `IMAGE size name`, a line end, a PNG; repeated.

    Raises:
        DataError: the file is not such a one, or is truncated.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    return _by_offset(path, BytesIO(content), list(_sprites(path, content)), lambda name: True)


def _sprites(path: Path, content: bytes) -> Iterator[_Member]:
    position = 0
    while position < len(content):
        line_end = content.find(b"\n", position)
        words = content[position:line_end].split(b" ", 2) if line_end >= 0 else []
        size = int(words[1]) if len(words) == 3 and words[0] == b"IMAGE" and words[1].isdigit() else -1
        if size < 0 or line_end + 1 + size > len(content):
            raise DataError(f"{path}: not a Crossfire image file, or damaged at byte {position}")
        yield _Member(_plain(words[2].decode("latin-1")), line_end + 1, size)
        position = line_end + 1 + size


def _by_offset(path: Path, file: BinaryIO, members: list[_Member], wanted: Callable[[str], bool]) -> Collection:
    read = _reader(file)
    seen = {member.name: member for member in members if not is_hidden(member.name)}
    sidecars = {name: read(member).read() for name, member in seen.items() if name in SIDECARS}
    status = path.stat()
    items: list[Item] = [
        FileItem(name, f"{member.size} {member.offset} {status.st_mtime_ns}", partial(read, member))
        for name, member in sorted(seen.items())
        if wanted(name) and name not in sidecars
    ]
    return Collection(path, tuple(items), sidecars, len(seen) - len(items) - len(sidecars))


def _reader(file: BinaryIO) -> Callable[[_Member], BinaryIO]:
    """Returns what reads a member of `file` from any thread: a position belongs to one thread at a time."""
    lock = Lock()

    def read(member: _Member) -> BinaryIO:
        with lock:
            file.seek(member.offset)
            return BytesIO(file.read(member.size))

    return read


def _uncompressed(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        start = file.read(6)
    openers = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
    for magic, opener in openers.items():
        if start.startswith(magic):
            unpacked = tempfile.TemporaryFile()
            with opener(path, "rb") as stream:
                shutil.copyfileobj(stream, unpacked, 2**20)
            unpacked.seek(0)
            return unpacked
    return path.open("rb")


def _plain(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./")
