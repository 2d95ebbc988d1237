"""Scores as records: a number with everything needed to compare it with another."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from pydantic import TypeAdapter

from sparring.direction import ScoreDirection
from sparring.errors import MetricError
from sparring.files import replace_text


@dataclass(frozen=True)
class MetricScore:
    """One value of one metric.

    `deviation` is its standard deviation, None if unknown, and `how` says over what. `backbone` is empty if no features
    were extracted; `weights` is the SHA-256 of its weights. The reference is empty if the metric uses generated samples
    only; `reference_digest` identifies its samples (data, split and selection). `averaged` says whether the generator's
    weights were averaged (EMA), None for samples from elsewhere. `seconds` is the time for this value and those
    computed with it, without feature extraction.
    """

    name: str
    value: float
    deviation: float | None
    how: str
    direction: ScoreDirection
    samples: str
    samples_digest: str
    count: int
    reference: str
    reference_count: int
    reference_digest: str
    shape: tuple[int, ...]
    backbone: str
    weights: str
    resizer: str
    seed: int
    averaged: bool | None
    settings: str
    device: str
    sparring: str
    torch: str
    seconds: float

    @property
    def identity(self) -> tuple[object, ...]:
        """Everything that distinguishes this score from others: not the value, its uncertainty or its time."""
        results = {"value", "deviation", "how", "seconds", "torch", "device"}
        return tuple(getattr(self, one.name) for one in fields(self) if one.name not in results)


_SCORES = TypeAdapter(list[MetricScore])


def write_scores(path: Path, scores: Iterable[MetricScore]) -> None:
    """Adds `scores` to `path`.json and `path`.csv, each written atomically.

    A new score replaces an old one of the same identity.
    """
    known = {score.identity: score for score in (*read_scores(path), *scores)}
    rows = [asdict(score) for score in known.values()]
    text = io.StringIO()
    writer = csv.DictWriter(text, [one.name for one in fields(MetricScore)], lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, "shape": "x".join(map(str, row["shape"]))} for row in rows)
    replace_text(append_suffix(path, ".json"), json.dumps({"scores": rows}, indent=1) + "\n")
    replace_text(append_suffix(path, ".csv"), text.getvalue())


def read_scores(path: Path) -> list[MetricScore]:
    """Returns the scores in `path`.json; none if there is no such file.

    Raises:
        MetricError: the file holds something else.
    """
    file = append_suffix(path, ".json")
    if not file.exists():
        return []
    try:
        return _SCORES.validate_python(json.loads(file.read_text(encoding="utf-8"))["scores"])
    except (ValueError, KeyError, TypeError):
        raise MetricError(f"{file} does not hold scores of this version of sparring; move it away") from None


def read_score_files(folder: Path) -> dict[Path, list[MetricScore]]:
    """Returns the scores in a folder by path (without suffix), the newest last.

    Skips files that are damaged or hold something else.
    """
    scores_by_path = {}
    for file in sorted(folder.glob("*.json"), key=lambda path: (path.stat().st_mtime_ns, path.name)):
        path = file.with_name(file.name.removesuffix(".json"))
        try:
            scores_by_path[path] = read_scores(path)
        except (MetricError, OSError):
            continue
    return {path: scores for path, scores in scores_by_path.items() if scores}


def append_suffix(path: Path, suffix: str) -> Path:
    """Returns `path` with `suffix` appended to its name, even if the name contains dots."""
    return path.with_name(path.name + suffix)


def score_table(scores: Sequence[MetricScore]) -> list[str]:
    """Returns `scores` as aligned lines: name, value and deviation, direction, and how it was measured."""
    rows = [(score.name, format_score(score), _BEST[score.direction], score.how) for score in scores]
    widths = [max(least, *map(len, column)) for least, column in zip(_WIDTHS, zip(*rows, strict=True), strict=True)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


_WIDTHS = (16, 18, 16, 0)
"""Minimum column widths: tables printed one after the other line up."""

_BEST: dict[ScoreDirection, str] = {
    "lower": "lower is better",
    "higher": "higher is better",
    "real": "nearest to real is best",
}


def format_score(score: MetricScore) -> str:
    """Returns the value with its deviation, to four significant digits."""
    deviation = "" if score.deviation is None else f" ± {score.deviation:.2g}"
    return f"{score.value:.4g}{deviation}"
