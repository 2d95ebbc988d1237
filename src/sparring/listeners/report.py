"""Writes a run's report as one self-contained HTML page."""

import contextlib
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
from sparring.listeners.facts import LogLines, best_mark, details, headline, score_points, status
from sparring.listeners.formatting import format_title
from sparring.listeners.frames import pictures
from sparring.listeners.log import read_log
from sparring.listeners.page import page
from sparring.training.folder import RunFacts, RunFolder
from sparring.training.listener import Listener, Record, View

REPORT = "report.html"

_LEAST_SECONDS = 30.0
_PAIRED = re.compile(r"_(real|fake)$")
_PAUSE_PER_WORK = 50.0  # after a report that took a second, the next waits 50: two percent of a run at most


class Report(Listener):
    """Updates `report.html` in the run's folder, at most every 30 seconds, and when the run ends.

    Put it after the listeners that write what it shows. A disk that is full or not writable
    raises `RunError`, except after the run has failed, whose reason it would hide.
    """

    def __init__(self, every_seconds: float = _LEAST_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self.every_seconds = max(every_seconds, _LEAST_SECONDS)
        self.clock = clock
        self._due_at = -float("inf")

    def record(self, view: View, record: Record) -> None:
        """Writes the report again if it is due."""
        start = self.clock()
        if start >= self._due_at:
            write_report(view.folder)
            took = self.clock() - start
            self._due_at = start + took + max(self.every_seconds, _PAUSE_PER_WORK * took)

    def end(self, view: View, status: str) -> None:
        """Writes the final report."""
        with contextlib.suppress(RunError) if status == "failed" else contextlib.nullcontext():
            write_report(view.folder)


def write_report(folder: Path) -> Path:
    """Writes `folder/report.html` from the other files in the run's folder, and returns its path.

    Missing or incomplete files are left out: a run can be reported on at any moment.

    Raises:
        OSError: a file cannot be read, or the report cannot be written.
    """
    facts, lines = RunFolder(folder).read_facts(), read_log(folder)
    name = facts.name or folder.resolve().name
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


def _recipe(folder: Path) -> str:
    path = folder / "recipe.yaml"
    if not path.exists():
        return ""
    text = escape(path.read_text(encoding="utf-8", errors="replace"))
    return f"<details><summary>The whole recipe as YAML</summary><pre>{text}</pre></details>"


def _score_charts(facts: RunFacts, lines: LogLines) -> str:
    scores = score_points(lines)
    marks = {name: best_mark(facts, name) for name in scores}
    charts = [line_chart([Series(name, scores[name])], format_title(name), mark) for name, mark in marks.items()]
    return _charts(charts, _describe_directions(marks))


def _describe_directions(marks: Mapping[str, Mark]) -> str:
    words: dict[Mark, str] = {"highest": "larger", None: "nearest to that of real samples"}
    titles = {mark: [format_title(name) for name in marks if marks[name] == mark] for mark in words}
    others = [f"{', '.join(names)} ({words[mark]})" for mark, names in titles.items() if names]
    return f"Smaller is better{', except for ' if others else ''}{' and '.join(others)}."


def _loss_charts(lines: LogLines) -> str:
    teams = dict.fromkeys(team for line in lines for team in line.get("losses") or {})
    charts = [line_chart(_series(lines, ("losses", team)), format_title(team)) for team in teams]
    return _charts(
        charts, "What each team minimises, weights applied. A falling loss is no proof of progress in a game."
    )


def _observation_charts(lines: LogLines) -> str:
    groups: dict[str, list[Series]] = {}
    for one in _series(lines, ("observations",)):
        ending = _PAIRED.search(one.name)  # what is read against each other goes into one chart
        groups.setdefault(one.name[: ending.start()] if ending else one.name, []).append(one)
    charts = [line_chart(group, format_title(name)) for name, group in groups.items()]
    speed = [(line["images"], line["images_per_second"]) for line in lines if line.get("images_per_second")]
    if speed:
        charts.append(line_chart([Series("images per second", speed)], "Speed"))
    return _charts(charts, "")


def _charts(charts: Sequence[str], caption: str) -> str:
    note = f'<p class="caption">{escape(caption)}</p>' if caption else ""
    return f'<div class="charts">{"".join(charts)}</div>{note}' if charts else ""


def _series(lines: LogLines, path: tuple[str, ...]) -> list[Series]:
    """Returns one series for each number under `path` in any line, in order of appearance."""
    points: dict[str, list[tuple[float, float]]] = {}
    for line in lines:
        numbers: Any = line
        for part in path:
            numbers = (numbers.get(part) if isinstance(numbers, Mapping) else None) or {}
        for name, value in numbers.items():
            points.setdefault(name, []).append((line["images"], value))
    return [Series(name, curve) for name, curve in points.items()]
