"""Line charts as plain SVG, coloured by the page's style sheet."""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from sparring.listeners.axis import Axis, axis_for, count_axis
from sparring.listeners.formatting import format_count, format_number

_WIDTH, _HEIGHT = 480, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 22, 10, 40
_PLOT_WIDTH, _PLOT_HEIGHT = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
_COLOURS = 8
_SMOOTHED_FROM = 30  # points; fewer are clear as they are
_MOST_POINTS = 400
_HUGE = 1e250

CurvePoints = Sequence[tuple[float, float]]
Mark = Literal["lowest", "highest"] | None


@dataclass(frozen=True)
class Series:
    """A named curve through `points` (x, y), sorted by x; a y that is not finite leaves a gap."""

    name: str
    points: CurvePoints


def line_chart(series: Sequence[Series], title: str, mark: Mark = None) -> str:
    """Returns an HTML `<figure>`: the title, the curves over images shown, and a legend with latest values.

    Many points are faint, under their smoothed curve. The `mark`, the lowest or highest point of
    every curve, gets a dot and a note in the legend. All text is escaped.
    """
    curves = [Series(one.name, [(x, _clamp(y)) for x, y in one.points]) for one in series if one.points]
    x_axis = count_axis(x for curve in curves for x, _ in curve.points)
    y_axis = axis_for(y for curve in curves for _, y in curve.points)
    paths = "".join(_curve(one.points, x_axis, y_axis, index % _COLOURS, mark) for index, one in enumerate(curves))
    empty = "" if curves else f'<text x="{_LEFT + _PLOT_WIDTH / 2}" y="{_HEIGHT / 2}" class="mid">no numbers yet</text>'
    return (
        f'<figure class="chart"><figcaption>{escape(title)}</figcaption>'
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{_frame(x_axis, y_axis)}{empty}"
        # A nested svg clips what lies outside of it, without ids that would have to be unique on the page.
        f'<svg x="{_LEFT}" y="{_TOP}" width="{_PLOT_WIDTH}" height="{_PLOT_HEIGHT}">{paths}</svg></svg>'
        f'<ul class="legend">{_legend(curves, mark)}</ul>{_notes(curves, y_axis)}</figure>'
    )


def best_point(points: CurvePoints, mark: Mark) -> tuple[float, float] | None:
    """Returns the earliest point with the lowest or highest finite y; None without a mark or such a point."""
    finite = [point for point in points if math.isfinite(point[1])] if mark else []
    sign = -1 if mark == "highest" else 1
    return min(finite, key=lambda point: sign * point[1]) if finite else None


def smooth(values: Sequence[float], window: float) -> list[float]:
    """Returns an exponential moving average without bias at its start; values that are not finite stay.

    >>> smooth([1.0, 1.0, float("nan"), 1.0], window=2.0)
    [1.0, 1.0, nan, 1.0]
    """
    keep = math.exp(-1.0 / window)
    total = weight = 0.0
    smoothed = []
    for value in values:
        if not math.isfinite(value):
            smoothed.append(value)
            continue
        total, weight = keep * total + (1 - keep) * value, keep * weight + (1 - keep)
        smoothed.append(total / weight)
    return smoothed


def thin(points: CurvePoints, count: int) -> list[tuple[float, float]]:
    """Returns about `count` of the points in order, including the lowest and the highest of each stretch."""
    if len(points) <= count:
        return list(points)
    stretch = math.ceil(2 * len(points) / count)
    kept = []
    for start in range(0, len(points), stretch):
        part = range(start, min(start + stretch, len(points)))
        finite = [index for index in part if math.isfinite(points[index][1])]
        gap = [index for index in part if not math.isfinite(points[index][1])][:1]
        ends = {min(finite, key=lambda i: points[i][1]), max(finite, key=lambda i: points[i][1])} if finite else set()
        kept += [points[index] for index in sorted({*ends, *gap})]
    return kept


def _clamp(value: float) -> float:
    """Returns `value`, or NaN or 0 where arithmetic with it would overflow or underflow."""
    if not abs(value) < _HUGE:
        return math.nan
    return value if abs(value) > 1 / _HUGE else 0.0


def _curve(points: CurvePoints, x_axis: Axis, y_axis: Axis, colour: int, mark: Mark) -> str:
    if len(points) < _SMOOTHED_FROM:
        svg = _line(points, x_axis, y_axis, f"line s{colour}")
    else:
        # A clipped spike must not lift the average around it either.
        inside = [min(max(y, y_axis.low), y_axis.high) if math.isfinite(y) else y for _, y in points]
        averages = smooth(inside, window=len(points) / 40)
        smoothed = [(x, average) for (x, _), average in zip(points, averages, strict=True)]
        svg = _line(points, x_axis, y_axis, f"raw s{colour}") + _line(smoothed, x_axis, y_axis, f"line s{colour}")
    if best := best_point(points, mark):
        x, y = _position(*best, x_axis, y_axis)
        svg += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" class="dot s{colour}"/>'
    return svg


def _line(points: CurvePoints, x_axis: Axis, y_axis: Axis, classes: str) -> str:
    path = []
    for stretch in _finite_stretches(thin(points, _MOST_POINTS)):
        positions = [_position(x, y, x_axis, y_axis) for x, y in stretch]
        # A line of no length appears as a dot by its round caps: a single point stays visible.
        path.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in positions) + ("h0" if len(positions) == 1 else ""))
    return f'<path class="{classes}" d="{"".join(path)}"/>' if path else ""


def _finite_stretches(points: Iterable[tuple[float, float]]) -> Iterator[list[tuple[float, float]]]:
    for finite, stretch in itertools.groupby(points, key=lambda point: math.isfinite(point[1])):
        if finite:
            yield list(stretch)


def _position(x: float, y: float, x_axis: Axis, y_axis: Axis) -> tuple[float, float]:
    return x_axis.place(x) * _PLOT_WIDTH, (1 - y_axis.place(y)) * _PLOT_HEIGHT


def _frame(x_axis: Axis, y_axis: Axis) -> str:
    bottom, right = _TOP + _PLOT_HEIGHT, _LEFT + _PLOT_WIDTH
    parts = []
    for value, label in y_axis.ticks().items():
        y = _TOP + (1 - y_axis.place(value)) * _PLOT_HEIGHT
        parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{right}"/>')
        parts.append(f'<text x="{_LEFT - 7}" y="{y + 4:.1f}" class="end">{escape(label)}</text>')
    for value, label in x_axis.ticks().items():
        x = _LEFT + x_axis.place(value) * _PLOT_WIDTH
        parts.append(f'<path class="axis" d="M{x:.1f} {bottom}v4"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 17}" class="mid">{escape(label)}</text>')
    parts.append(f'<path class="axis" d="M{_LEFT} {bottom}H{right}"/>')
    parts.append(f'<text x="{right}" y="{_HEIGHT - 4}" class="end label">images shown</text>')
    return "".join(parts)


def _legend(series: Sequence[Series], mark: Mark) -> str:
    items = []
    for index, one in enumerate(series):
        value = format_number(one.points[-1][1])
        best = best_point(one.points, mark)
        note = f", best {format_number(best[1])} at {format_count(best[0])} images" if best else ""
        colour = f"s{index % _COLOURS}"
        items.append(f'<li><i class="{colour}"></i>{escape(one.name)} <b>{escape(value)}</b>{escape(note)}</li>')
    return "".join(items)


def _notes(series: Sequence[Series], y_axis: Axis) -> str:
    notes = []
    if y_axis.logarithmic:
        notes.append("Logarithmic scale.")
    if y_axis.clipped:
        values = [y for one in series for _, y in one.points if math.isfinite(y)]
        ends = f"the lowest is {format_number(min(values))}, the highest {format_number(max(values))}"
        notes.append(f"A few values lie outside this chart: {ends}.")
    for one in series:
        if (x := next((x for x, y in one.points if not math.isfinite(y)), None)) is not None:
            notes.append(f"{one.name} was not finite at {format_count(x)} images.")
    return f'<p class="note">{escape(" ".join(notes))}</p>' if notes else ""
