"""Says in words and tables what a run's `run.json` and log tell."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, TypeGuard

from sparring.direction import ScoreDirection
from sparring.listeners.chart import Mark, best_point
from sparring.listeners.formatting import duration_in_words, format_count, number_in_words, title_in_words
from sparring.training.checkpoints import score_direction

Facts = Mapping[str, Any]
Lines = Sequence[Mapping[str, Any]]

_TONES = {"finished": "good", "running": "busy", "stopped": "warn", "failed": "bad"}
_MOST_CLASSES = 20


def status(facts: Facts, lines: Lines) -> str:
    """Returns one plain sentence on how the run stands, and a bar where it is not through."""
    name = str(facts.get("status", "unknown"))
    images, target = latest(facts, lines, "images"), _number(facts, "target")
    share = min(images / target, 1.0) if target else math.nan
    so_far = f"{format_count(images)} images" if math.isnan(share) else f"{_of(images, target)} ({share:.0%})"
    sentence = {
        "finished": f"Finished: {format_count(images)} images in {_duration(facts, lines)}.",
        "running": f"Running when this was written: {so_far} in {_duration(facts, lines)}.",
        "stopped": f"Stopped at {so_far}; the same command resumes it.",
        "failed": f"Failed at {so_far}.",
    }.get(name, f"{so_far[0].upper()}{so_far[1:]}.")
    message = f" {facts['message']}" if facts.get("message") else ""
    bar = "" if name == "finished" or math.isnan(share) else f'<progress max="1" value="{share:.4f}"></progress>'
    return f'<p class="status {_TONES.get(name, "warn")}">{escape(sentence + message)}</p>{bar}'


def headline(facts: Facts, lines: Lines) -> str:
    """Returns the numbers that are asked for first, as cards."""
    target = _number(facts, "target")
    speeds = [line["images_per_second"] for line in lines if _is_number(line.get("images_per_second"))]
    cards = [
        (
            "Images shown",
            format_count(latest(facts, lines, "images")),
            f"of {format_count(target)}" if target else "",
        ),
        ("Steps", f"{latest(facts, lines, 'step'):,.0f}", ""),
        ("Training time", _duration(facts, lines), ""),
        ("Speed", format_count(statistics.median(speeds)) if speeds else "–", "images/s, median"),
        ("Peak memory", _memory(facts, lines), ""),
    ]
    for name, points in score_points(lines).items():
        found = best_point(points, best_of(facts, name))
        best = f"best {number_in_words(found[1])} at {format_count(found[0])}" if found else ""
        cards.append((title_in_words(name), number_in_words(points[-1][1]), best))
    return f'<dl class="numbers">{"".join(_card(*card) for card in cards)}</dl>'


def details(facts: Facts) -> str:
    """Returns a table of the networks, the data and the machine; "" where nothing is known."""
    data = facts.get("data")
    data = data if isinstance(data, Mapping) else {}
    parameters = facts.get("parameters")
    parameters = parameters if isinstance(parameters, Mapping) else {}
    rows = [
        ("Parameters", _list(f"{player} {count:,}" for player, count in parameters.items() if _is_number(count))),
        ("Data", _list(_data_words(data))),
        ("Image shape", " × ".join(str(size) for size in facts.get("shape") or ()) + " (C × H × W)"),
        ("Classes", _list(_class_words(data.get("classes") or ()))),
        ("Numbers told", _list(_class_words(data.get("attributes") or ()))),
        ("Data digest", str(data.get("digest") or "")),
        ("Device", _list(_device_words(facts))),
        ("Number format", _list(str(facts[name]) for name in ("precision", "layout") if facts.get(name))),
        ("Versions", _list(f"{name} {facts[name]}" for name in ("sparring", "torch", "python") if facts.get(name))),
        ("Started", str(facts.get("started") or "").replace("T", " ")),
    ]
    told = [(name, text) for name, text in rows if text and text != " (C × H × W)"]
    cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in told)
    return f"<table>{cells}</table>" if cells else ""


def score_points(lines: Lines) -> dict[str, list[tuple[float, float]]]:
    """Returns for each score its (images, value) wherever it was measured."""
    points: dict[str, list[tuple[float, float]]] = {}
    for line in lines:
        for name, value in (line.get("scores") or {}).items():
            points.setdefault(name, []).append((line["images"], value))
    return points


def best_of(facts: Facts, score: str) -> Mark:
    """Returns whether the lowest or the highest value of the score called so is its best; None where neither is."""
    marks: dict[ScoreDirection, Mark] = {"lower": "lowest", "higher": "highest", "real": None}
    return marks[score_direction(facts, score)]


def latest(facts: Facts, lines: Lines, name: str) -> float:
    """Returns the newest of what run file and log say, whichever was written last; 0 if neither knows."""
    logged = _number(lines[-1], name) if lines else 0.0
    return max(logged, _number(facts, name))


def _data_words(data: Facts) -> Iterable[str]:
    if data.get("name"):
        yield str(data["name"])
    if _number(data, "count"):
        yield f"{data['count']:,} images"
    if data.get("classes"):
        yield f"{len(data['classes'])} classes"
    if _number(data, "skipped"):
        yield f"{data['skipped']:,} damaged files skipped"


def _class_words(names: Sequence[Any]) -> Iterable[str]:
    yield from (str(name) for name in names[:_MOST_CLASSES])
    if len(names) > _MOST_CLASSES:
        yield f"and {len(names) - _MOST_CLASSES:,} more"


def _device_words(facts: Facts) -> Iterable[str]:
    if facts.get("device"):
        yield str(facts["device"])
    if _number(facts, "threads"):
        yield f"{facts['threads']} threads"


def _memory(facts: Facts, lines: Lines) -> str:
    most = max([_number(facts, "peak_memory_mb"), *(_number(line, "memory_mb") for line in lines)])
    return (f"{most:.0f} MB" if most < 1000 else f"{most / 1000:.3g} GB") if most else "–"


def _duration(facts: Facts, lines: Lines) -> str:
    return duration_in_words(latest(facts, lines, "seconds"))


def _of(images: float, target: float) -> str:
    return f"{format_count(images)} of {format_count(target)} images"


def _card(name: str, value: str, beside: str) -> str:
    small = f"<small>{escape(beside)}</small>" if beside else ""
    return f"<div><dt>{escape(name)}</dt><dd>{escape(value)}{small}</dd></div>"


def _list(words: Iterable[str]) -> str:
    return ", ".join(words)


def _number(source: Facts, name: str) -> float:
    value = source.get(name)
    return float(value) if _is_number(value) and math.isfinite(value) else 0.0


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
