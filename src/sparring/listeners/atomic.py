"""Puts a file in its place whole or not at all."""

import os
from pathlib import Path


def place(path: Path, content: bytes) -> None:
    """Writes `content` beside `path`, then renames it there; a reader sees the old file or the new one.

    Raises:
        OSError: the folder is not writable, or full; the old file is as it was, and nothing is left beside it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
