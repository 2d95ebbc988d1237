"""Files that are whole or absent: written to a temporary name, then renamed."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sparring.errors import RunError


def replace_file(path: Path, write: Callable[[Path], object]) -> None:
    """Calls `write` with a temporary path in the same folder, then renames what it wrote to `path`.

    A reader sees the old file or the new one, also after a crash; a failed write leaves no trace.
    A missing folder is created.

    Raises:
        RunError: the disk is full or the folder cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with explaining(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            write(partial)
            with partial.open("rb+") as file:
                os.fsync(file.fileno())
            partial.replace(path)
            _settle(path.parent)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


def _settle(folder: Path) -> None:
    """Makes renames in `folder` survive a power cut, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def replace_bytes(path: Path, content: bytes) -> None:
    """Writes `content` to `path` as `replace_file` does."""
    replace_file(path, lambda partial: partial.write_bytes(content))


def replace_text(path: Path, text: str) -> None:
    """Writes `text` to `path` as `replace_file` does."""
    replace_bytes(path, text.encode())


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Raises an `OSError` of the block as a `RunError` that says why `path` was not written and what to do."""
    try:
        yield
    except OSError as error:
        raise RunError(explain_os_error(error, path)) from error


def explain_os_error(error: OSError, path: Path) -> str:
    """Returns one sentence on why `path` could not be written, and what to do."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        there = next(folder for folder in path.absolute().parents if folder.exists())
        free = shutil.disk_usage(there).free / 1e6
        return (
            f"cannot write {path}: the disk is full ({free:.0f} MB free). What was written before is whole; "
            "make room, then run the same command again to resume."
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        reason = (error.strerror or "permission denied").lower()
        return f"cannot write {path}: {reason}. Name a folder that you may write."
    return f"cannot write {path}: {error.strerror or error}. Name another folder."
