"""Writes what a run did as one HTML page that needs nothing beside it."""

import contextlib
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from sparring.errors import RunError
from sparring.files import replace_bytes
from sparring.listeners.chart import Mark, Series, line_chart
from sparring.listeners.evaluations import evaluations
from sparring.listeners.facts import best_of, details, headline, score_points, status
from sparring.listeners.formatting import title_in_words
from sparring.listeners.frames import pictures
from sparring.listeners.log import read_log
from sparring.listeners.page import page
from sparring.training.listener import Listener, Record, View

REPORT = "report.html"

_LEAST_SECONDS = 30.0
_PAIRED = re.compile(r"_(real|fake)$")
_PAUSE_PER_WORK = 50.0  # after a report that took a second, the next waits 50: two percent of a run at most

Lines = Sequence[Mapping[str, Any]]


class Report(Listener):
    """Keeps `report.html` in the run's folder up to date: at most every 30 seconds, and when the run ends.

    Put it after the listeners that write what it shows. A disk that is full or not writable
    raises `RunError`; only when the run has failed already is that passed over, because it would
    hide why.
    """

    def __init__(self, every_seconds: float = _LEAST_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self.every_seconds = max(every_seconds, _LEAST_SECONDS)
        self.clock = clock
        self._due_at = -float("inf")

    def record(self, view: View, record: Record) -> None:
        """Writes the report anew where that is due."""
        start = self.clock()
        if start >= self._due_at:
            write_report(view.folder)
            took = self.clock() - start
            self._due_at = start + took + max(self.every_seconds, _PAUSE_PER_WORK * took)

    def end(self, view: View, ending: str) -> None:
        """Writes the report for good."""
        with contextlib.suppress(RunError) if ending == "failed" else contextlib.nullcontext():
            write_report(view.folder)


def write_report(folder: Path) -> Path:
    """Writes `folder/report.html` from what else is in the run's folder, and returns its path.

    Whatever is missing or not whole is left out: a run can be reported on at any moment.

    Raises:
        OSError: a file cannot be read, or the report cannot be written.
    """
    facts, lines = _read_facts(folder), read_log(folder)
    name = str(facts.get("name") or folder.resolve().name)
    sections = (
        ("Samples", pictures(folder)),
        ("Scores", _score_charts(facts, lines)),
        ("Evaluation", evaluations(folder)),
        ("Losses", _loss_charts(lines)),
        ("Observations", _observation_charts(lines)),
        ("Setup", details(facts)),
        ("Recipe", _recipe(folder)),
    )
    body = "\n".join(f"<section><h2>{title}</h2>{content}</section>" for title, content in sections if content)
    written = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    html = page(
        f"{name} · sparring",
        f"<header><h1>{escape(name)}</h1>{status(facts, lines)}</header>{headline(facts, lines)}\n{body}\n"
        f"<footer>Written by sparring, {written}.</footer>",
    )
    replace_bytes(folder / REPORT, html.encode())
    return folder / REPORT


def _read_facts(folder: Path) -> Mapping[str, Any]:
    path = folder / "run.json"
    if not path.exists():
        return {}
    try:
        facts = json.loads(path.read_bytes())
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def _recipe(folder: Path) -> str:
    path = folder / "recipe.yaml"
    if not path.exists():
        return ""
    text = escape(path.read_text(encoding="utf-8", errors="replace"))
    return f"<details><summary>The whole recipe as YAML</summary><pre>{text}</pre></details>"


def _score_charts(facts: Mapping[str, Any], lines: Lines) -> str:
    scores = score_points(lines)
    marks = {name: best_of(facts, name) for name in scores}
    charts = [line_chart([Series(name, scores[name])], title_in_words(name), mark) for name, mark in marks.items()]
    return _charts(charts, _better_in_words(marks))


def _better_in_words(marks: Mapping[str, Mark]) -> str:
    ways: dict[Mark, str] = {"highest": "larger", None: "nearest to that of real samples"}
    titles = {way: [title_in_words(name) for name in marks if marks[name] == way] for way in ways}
    others = [f"{', '.join(found)} ({ways[way]})" for way, found in titles.items() if found]
    return f"Smaller is better{', except of ' if others else ''}{' and '.join(others)}."


def _loss_charts(lines: Lines) -> str:
    teams = dict.fromkeys(team for line in lines for team in line.get("losses") or {})
    charts = [line_chart(_series(lines, ("losses", team)), title_in_words(team)) for team in teams]
    return _charts(
        charts, "What each team minimises, weights applied. A falling loss is no proof of progress in a game."
    )


def _observation_charts(lines: Lines) -> str:
    groups: dict[str, list[Series]] = {}
    for one in _series(lines, ("observations",)):
        ending = _PAIRED.search(one.name)  # what is read against each other goes into one chart
        groups.setdefault(one.name[: ending.start()] if ending else one.name, []).append(one)
    charts = [line_chart(group, title_in_words(name)) for name, group in groups.items()]
    speed = [(line["images"], line["images_per_second"]) for line in lines if line.get("images_per_second")]
    if speed:
        charts.append(line_chart([Series("images per second", speed)], "Speed"))
    return _charts(charts, "")


def _charts(charts: Sequence[str], caption: str) -> str:
    note = f'<p class="caption">{escape(caption)}</p>' if caption else ""
    return f'<div class="charts">{"".join(charts)}</div>{note}' if charts else ""


def _series(lines: Lines, path: tuple[str, ...]) -> list[Series]:
    """Returns one series for each number under `path` in any line, in order of appearance."""
    found: dict[str, list[tuple[float, float]]] = {}
    for line in lines:
        numbers: Any = line
        for part in path:
            numbers = (numbers.get(part) if isinstance(numbers, Mapping) else None) or {}
        for name, value in numbers.items():
            found.setdefault(name, []).append((line["images"], value))
    return [Series(name, points) for name, points in found.items()]
