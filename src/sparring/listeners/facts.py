"""The status, key numbers and setup of a run as HTML, from its `run.json` and log."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, TypeGuard

from sparring.direction import ScoreDirection
from sparring.listeners.chart import Mark, best_point
from sparring.listeners.formatting import format_count, format_duration, format_number, format_title
from sparring.training.folder import DataFacts, RunFacts

LogLines = Sequence[Mapping[str, Any]]
"""The lines of `log.jsonl`."""

_TONES = {"finished": "good", "running": "busy", "stopped": "warn", "failed": "bad"}
_MOST_CLASSES = 20


def status(facts: RunFacts, lines: LogLines) -> str:
    """Returns a sentence on the run's status, and a progress bar unless it is finished."""
    images, target = _latest(facts.images, lines, "images"), facts.target
    share = min(images / target, 1.0) if target else math.nan
    so_far = (
        f"{format_count(images)} of {format_count(target)} images ({share:.0%})"
        if target
        else f"{format_count(images)} images"
    )
    sentence = {
        "finished": f"Finished: {format_count(images)} images in {_duration(facts, lines)}.",
        "running": f"Running when this was written: {so_far} in {_duration(facts, lines)}.",
        "stopped": f"Stopped at {so_far}; the same command resumes it.",
        "failed": f"Failed at {so_far}.",
    }.get(facts.status, f"{so_far}.")
    message = f" {facts.message}" if facts.message else ""
    bar = f'<progress max="1" value="{share:.4f}"></progress>' if target and facts.status != "finished" else ""
    return f'<p class="status {_TONES.get(facts.status, "warn")}">{escape(sentence + message)}</p>{bar}'


def headline(facts: RunFacts, lines: LogLines) -> str:
    """Returns the key numbers as cards."""
    speeds = [line["images_per_second"] for line in lines if _is_number(line.get("images_per_second"))]
    images, target = _latest(facts.images, lines, "images"), facts.target
    cards = [
        ("Images shown", format_count(images), f"of {format_count(target)}" if target else ""),
        ("Steps", f"{_latest(facts.step, lines, 'step'):,.0f}", ""),
        ("Training time", _duration(facts, lines), ""),
        ("Speed", format_count(statistics.median(speeds)) if speeds else "–", "images/s, median"),
        ("Peak memory", _memory(facts, lines), ""),
    ]
    for name, points in score_points(lines).items():
        best = best_point(points, best_mark(facts, name))
        note = f"best {format_number(best[1])} at {format_count(best[0])}" if best else ""
        cards.append((format_title(name), format_number(points[-1][1]), note))
    return f'<dl class="numbers">{"".join(_card(*card) for card in cards)}</dl>'


def details(facts: RunFacts) -> str:
    """Returns a table of the networks, the data and the machine; "" where nothing is known."""
    threads = f"{facts.threads} threads" if facts.threads else ""
    versions = {"sparring": facts.sparring, "torch": facts.torch, "python": facts.python}
    shape = " × ".join(map(str, facts.shape))
    rows = {
        "Parameters": _join(f"{player} {count:,}" for player, count in facts.parameters.items()),
        "Data": _join(_describe_data(facts.data)),
        "Image shape": f"{shape} (C × H × W)" if shape else "",
        "Classes": _join(_first_names(facts.data.classes)),
        "Attributes": _join(_first_names(facts.data.attributes)),
        "Data digest": facts.data.digest,
        "Device": _join((facts.device, threads)),
        "Number format": _join((facts.precision, facts.layout)),
        "Versions": _join(f"{name} {version}" for name, version in versions.items() if version),
        "Started": facts.started.replace("T", " "),
    }
    cells = "".join(f"<tr><th>{name}</th><td>{escape(text)}</td></tr>" for name, text in rows.items() if text)
    return f"<table>{cells}</table>" if cells else ""


def score_points(lines: LogLines) -> dict[str, list[tuple[float, float]]]:
    """Returns the (images, value) pairs of each score, wherever it was measured."""
    points: dict[str, list[tuple[float, float]]] = {}
    for line in lines:
        for name, value in (line.get("scores") or {}).items():
            points.setdefault(name, []).append((line["images"], value))
    return points


def best_mark(facts: RunFacts, score: str) -> Mark:
    """Returns whether the lowest or the highest value of `score` is its best; None where neither is."""
    marks: dict[ScoreDirection, Mark] = {"lower": "lowest", "higher": "highest", "real": None}
    return marks[facts.score_directions.get(score, "lower")]


def _latest(value: float, lines: LogLines, name: str) -> float:
    """Returns the newer of the values in `run.json` and in the log, whichever was written last."""
    logged = lines[-1].get(name) if lines else None
    return max(value, logged) if _is_number(logged) and math.isfinite(logged) else value


def _describe_data(data: DataFacts) -> Iterable[str]:
    yield data.name
    yield f"{data.count:,} images" if data.count else ""
    yield f"{len(data.classes)} classes" if data.classes else ""
    yield f"{data.skipped:,} damaged files skipped" if data.skipped else ""


def _first_names(names: Sequence[str]) -> Iterable[str]:
    yield from names[:_MOST_CLASSES]
    if len(names) > _MOST_CLASSES:
        yield f"and {len(names) - _MOST_CLASSES:,} more"


def _memory(facts: RunFacts, lines: LogLines) -> str:
    logged = [line["memory_mb"] for line in lines if _is_number(line.get("memory_mb"))]
    peak = max((memory for memory in (facts.peak_memory_mb or 0.0, *logged) if math.isfinite(memory)), default=0.0)
    return (f"{peak:.0f} MB" if peak < 1000 else f"{peak / 1000:.3g} GB") if peak else "–"


def _duration(facts: RunFacts, lines: LogLines) -> str:
    return format_duration(_latest(facts.seconds, lines, "seconds"))


def _card(name: str, value: str, note: str) -> str:
    small = f"<small>{escape(note)}</small>" if note else ""
    return f"<div><dt>{escape(name)}</dt><dd>{escape(value)}{small}</dd></div>"


def _join(words: Iterable[str]) -> str:
    return ", ".join(filter(None, words))


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
