"""Data sets known by name; files of `data.catalog` register theirs."""

from pathlib import Path

from sparring.data.image_files import ImageFiles
from sparring.data.source import Source
from sparring.errors import SpecError, nearest

NAMED_DATA: dict[str, Source] = {}
"""Data sets by the names that `--data` takes; anything else is a path (`./digits` for a folder of that name)."""


def named(name: str, source: Source) -> None:
    """Registers `source` as the data set called `name`."""
    assert name not in NAMED_DATA, f"two data sets are called {name}"
    NAMED_DATA[name] = source


def find_source(data: str) -> Source:
    """Returns the source of one of `NAMED_DATA`, or of the images at a path."""
    return NAMED_DATA.get(data, ImageFiles(path=Path(data)))


def find_existing_source(data: str) -> Source:
    """Returns what `find_source` does; raises `SpecError` with near names where nothing is at the path."""
    if data not in NAMED_DATA and not Path(data).expanduser().exists():
        raise SpecError(f"{data!r} is neither a named data set nor a path{nearest(data, NAMED_DATA)}")
    return find_source(data)
