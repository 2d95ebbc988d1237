"""The packed form of a set: a folder with one memory-mappable array, targets, and their names."""

import errno
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from sparring.data.formats.arrays import ArrayItem
from sparring.data.formats.pixels import Pixels
from sparring.data.image_collection import Collection
from sparring.data.images import Images, content_digest
from sparring.data.targets import Targets
from sparring.errors import DataError

VERSION = 1
_FORMAT = "sparring packed images"
_PIXELS, _LABELS, _META = "images.npy", "labels.npy", "meta.json"
_HEADER_BYTES = 128  # numpy pads a header to a multiple of 64; ours always fits in two


@dataclass(frozen=True)
class Pack:
    """An opened pack; `alpha` says that the last channel is opacity."""

    images: Images
    alpha: bool


class PackWriter:
    """Writes a pack row by row in a temporary folder, renamed to its place at the end and removed on failure."""

    def __init__(self, folder: Path, dtype: str) -> None:
        self.folder = folder
        self.dtype = np.dtype(dtype)
        self.count = 0

    def __enter__(self) -> Self:
        with writing(self.folder):
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            self._partial = Path(tempfile.mkdtemp(prefix=f".{self.folder.name}.", dir=self.folder.parent))
            self._file = (self._partial / _PIXELS).open("wb")
            self._file.write(b"\0" * _HEADER_BYTES)
        self._digest = hashlib.sha256()
        return self

    def append(self, row: Pixels) -> None:
        """Adds one image [C, H, W]."""
        with writing(self.folder):
            self._file.write(row.data)
        self._digest.update(row.data)
        self._shape = row.shape
        self.count += 1

    def finish(self, targets: Targets | None, alpha: bool, counts: dict[str, int]) -> None:
        """Completes the pack and renames it to its place; one that another process put there first stays."""
        shape = (self.count, *self._shape)
        with writing(self.folder):
            self._file.seek(0)
            self._file.write(_header(self.dtype, shape))
            self._file.close()
            if targets is not None:
                self._digest.update(np.ascontiguousarray(targets.values).data)
                np.save(self._partial / _LABELS, targets.values)
            self._digest.update(f"{self.dtype.str} {shape}".encode())
            meta = {"format": _FORMAT, "version": VERSION, "shape": shape, "dtype": self.dtype.name}
            meta |= {"alpha": alpha, "classes": (), "labels": targets is not None, **counts}
            if targets is not None:
                meta |= {targets.kind: targets.names}
            meta |= {"digest": self._digest.hexdigest()}
            (self._partial / _META).write_text(json.dumps(meta, indent=1, ensure_ascii=False), encoding="utf-8")
            self._partial.chmod(0o755)
            try:
                self._partial.rename(self.folder)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # what could not be written is removed next
            self._file.close()
        shutil.rmtree(self._partial, ignore_errors=True)


def is_pack(path: Path) -> bool:
    """Returns whether `path` is a folder in the packed form."""
    return (path / _META).is_file() and (path / _PIXELS).is_file()


def read_pack(path: Path, memory_limit: int) -> Pack:
    """Returns the pack at `path`: in memory and checked against its digest up to `memory_limit` bytes, else mapped.

    Raises:
        DataError: the pack is truncated, altered, or from a newer version.
    """
    try:
        meta: dict[str, Any] = json.loads((path / _META).read_text(encoding="utf-8"))
        if meta["format"] != _FORMAT:
            raise ValueError(f"{_META} does not describe packed images")
        if meta["version"] > VERSION:
            raise DataError(f"{path}: packed by a newer sparring (form {meta['version']}); update sparring")
        large = (path / _PIXELS).stat().st_size > memory_limit
        # Copy on write: torch requires writable memory, and the file must stay as it is.
        pixels: Pixels = np.load(path / _PIXELS, mmap_mode="c" if large else None, allow_pickle=False)
        targets = _read_targets(path, meta)
        if list(pixels.shape) != meta["shape"] or pixels.dtype.name != meta["dtype"]:
            raise ValueError(f"{_PIXELS} is not what {_META} describes")
        if not large and content_digest(pixels, targets) != meta["digest"]:
            raise ValueError("its digest is wrong, so something in it was altered")
        images = Images(
            pixels,
            targets,
            name=path.name,
            skipped=meta["skipped"],
            left_out=meta["left_out"],
            identity=meta["digest"],
        )
        return Pack(images, meta["alpha"])
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path}: this packed set is damaged: {error}. Pack it again from its source") from None


def unpacked(pack: Pack, path: Path) -> Collection:
    """Returns a pack as a collection, to be converted to another size or other channels."""
    images = pack.images
    items = tuple(
        ArrayItem(f"{path.name}[{index}]", images.identity, image.transpose(1, 2, 0), pack.alpha)
        for index, image in enumerate(images.pixels)
    )
    return Collection(path, items, targets=images.targets, normalized=True)


def _read_targets(path: Path, meta: dict[str, Any]) -> Targets | None:
    if not meta["labels"]:
        return None
    values = np.load(path / _LABELS, allow_pickle=False)
    return Targets(values, tuple(meta["classes" if values.ndim == 1 else "attributes"]))


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns a full disk, or any other error in writing `path`, into a sentence."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = "the disk is full" if full else error.strerror or str(error)
        raise DataError(
            f"{path}: cannot be written: {reason}. Nothing was left behind; free some space, or write to another place"
        ) from None


def _header(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    text = f"{{'descr': {dtype.str!r}, 'fortran_order': False, 'shape': {shape}, }}"
    body = text.encode("ascii").ljust(_HEADER_BYTES - 11) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(body).to_bytes(2, "little") + body
