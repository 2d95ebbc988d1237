"""Writes every record of a run as one line of `log.jsonl`, and reads it back."""

import json
import math
from pathlib import Path
from typing import Any

from sparring.files import explaining, replace_bytes
from sparring.training.listener import Listener, Record, View

LOG = "log.jsonl"

LogLine = dict[str, Any]


class Log(Listener):
    """Appends each record to `log.jsonl` in the run's folder, on disk before training goes on.

    When a run resumes, lines past its checkpoint are dropped: those steps will be played again.
    A number that is not finite is written as `null`, as JSON cannot hold it.
    """

    def begin(self, view: View) -> None:
        """Drops the lines of an earlier session past the point where this one starts."""
        truncate_log(view.folder, view.images)

    def record(self, view: View, record: Record) -> None:
        """Appends one line."""
        path = view.folder / LOG
        with explaining(path), path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(_without_nan(record.line()), allow_nan=False) + "\n")


def read_log(folder: Path) -> list[LogLine]:
    """Returns the lines of `folder/log.jsonl`, shaped like `Record.line()`; `[]` where there is no log.

    A `null` among the numbers reads back as NaN. An incomplete line, left by a killed process or a power cut, is
    skipped.
    """
    path = folder / LOG
    if not path.exists():
        return []
    lines = (_parse(text) for text in path.read_bytes().splitlines())
    return [line for line in lines if line is not None]


def truncate_log(folder: Path, images: int) -> None:
    """Drops the lines of `folder/log.jsonl` past `images` images, and incomplete ones."""
    path = folder / LOG
    if not path.exists():
        return
    texts = path.read_bytes().splitlines()
    kept = [text for text in texts if (line := _parse(text)) is not None and line["images"] <= images]
    replace_bytes(path, b"".join(text + b"\n" for text in kept))


def _parse(text: bytes) -> LogLine | None:
    try:
        line = json.loads(text)
    except ValueError:
        return None
    if not isinstance(line, dict) or not isinstance(line.get("images"), int):
        return None
    numbers: LogLine = _with_nan(line)
    return numbers


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nan(item) for name, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _with_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_nan(item) for name, item in value.items()}
    return math.nan if value is None else value
