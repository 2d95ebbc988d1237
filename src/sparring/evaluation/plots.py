"""Plots of an evaluation: a map of both sets of samples, and scores that are read in pairs."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from sparring.errors import MissingExtraError
from sparring.evaluation.score import MetricScore
from sparring.tensors.pca import principal_plane

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Okabe & Ito 2008: distinguishable for colour-blind readers."""

_INK, _QUIET, _RULE = "#1c1f24", "#5f6873", "#e2e4e8"
_MOST_POINTS = 2000

_PAIRS = (("precision", "recall"), ("density", "coverage"))
_MEANINGS = {
    "precision": "precision: share of samples among the data",
    "recall": "recall: share of the data among samples",
    "density": "density: how much data surrounds a sample",
    "coverage": "coverage: share of the data near a sample",
}
_SIDES = ((8, 0, "left", "center"), (-8, 0, "right", "center"), (0, 8, "center", "bottom"), (0, -8, "center", "top"))
"""Positions of a name next to its point: offset in points of 1/72 inch, and alignment."""


@dataclass(frozen=True)
class _Point:
    """Two scores of the samples `name`; scores of different `circumstances` are not comparable."""

    name: str
    circumstances: str
    place: tuple[float, float]


def draw_map(real: Tensor, fake: Tensor, seed: int = 0) -> Image.Image:
    """Plots features `real` [N, d] and `fake` [M, d], N and d above 1, at most 2,000 points of each.

    The plane is that of the real samples' first two principal components; samples of two numbers are plotted directly.
    Points are plotted in random order: neither set hides the other.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    figure = _figure(6.6, 5.4)
    axes = figure.add_subplot()
    random = torch.Generator().manual_seed(seed)
    sets = [rows[torch.randperm(len(rows), generator=random)[:_MOST_POINTS]] for rows in (real, fake)]
    places, across, upward = _on_plane(torch.cat(sets), real, seed)
    colours = [colour for colour, rows in zip(_COLOURS, sets, strict=False) for _ in rows]
    order = torch.randperm(len(colours), generator=random)
    axes.scatter(*places[order].T.numpy(), s=12, c=[colours[index] for index in order], alpha=0.45, linewidths=0)
    for name, colour, rows in zip(("real", "generated"), _COLOURS, sets, strict=False):
        axes.scatter([], [], s=45, color=colour, label=f"{len(rows):,} {name} samples")
    _style_axes(axes, "Where real and generated samples lie", across, upward)
    axes.set_aspect("equal", adjustable="datalim")
    _add_legend(figure)
    return _image(figure)


def draw_pairs(scores: Sequence[MetricScore]) -> Image.Image | None:
    """Plots precision against recall and density against coverage, a point for each evaluation among `scores`.

    Points are labelled with their samples' names if there is room, the last ones first. Colours distinguish networks,
    counts and references, between which scores are not comparable. Returns None if there is no such pair of scores.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    pairs = {pair: points for pair in _PAIRS if (points := _points(scores, *pair))}
    if not pairs:
        return None
    groups = dict.fromkeys(point.circumstances for points in pairs.values() for point in points)
    colours = dict(zip(groups, _COLOURS * len(groups), strict=False))
    figure = _figure(5.6 * len(pairs), 4.9)
    for index, ((upward, across), points) in enumerate(pairs.items()):
        axes = figure.add_subplot(1, len(pairs), index + 1)
        for group, colour in colours.items():
            places = [point.place for point in points if point.circumstances == group]
            x, y = zip(*places, strict=True) if places else ((), ())
            axes.scatter(x, y, s=60, color=colour, edgecolors="white", label=group, zorder=3)
        highest = max(point.place[1] for point in points)
        axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, max(1.03, 1.06 * highest)))  # density may exceed 1
        _style_axes(axes, f"{upward.capitalize()} and {across}", _MEANINGS[across], _MEANINGS[upward])
        axes.set_title("better ↗", loc="right", fontsize=10, color=_QUIET)
    if len(groups) > 1:
        _add_legend(figure)
    figure.draw_without_rendering()  # determines the layout
    for axes, points in zip(figure.axes, pairs.values(), strict=True):
        _write_names(axes, points)
    return _image(figure)


def _on_plane(rows: Tensor, real: Tensor, seed: int) -> tuple[Tensor, str, str]:
    """Returns the plotted positions [N, 2] of `rows`, and labels of the axes."""
    if rows.shape[1] == 2:
        return rows, "first number", "second number"
    plane = principal_plane(real, seed)
    labels = [f"principal component of real samples, {share:.0%} of their variance" for share in plane.shares.tolist()]
    return plane.project(rows), f"first {labels[0]}", f"second {labels[1]}"


def _points(scores: Sequence[MetricScore], upward: str, across: str) -> list[_Point]:
    """Returns a point for each pair of scores of the same samples and settings."""
    measured: dict[object, dict[str, MetricScore]] = {}
    for score in scores:
        measured.setdefault(replace(score, name="").identity, {})[score.name.partition("-")[0]] = score
    return [
        _Point(_escaped(one.samples), _escaped(_circumstances(one)), (pair[across].value, one.value))
        for pair in measured.values()
        if across in pair and (one := pair.get(upward)) and isfinite(pair[across].value + one.value)
    ]


def _escaped(text: str) -> str:
    """Escapes dollar signs: matplotlib would typeset the text between them as a formula."""
    return text.replace("$", r"\$")


def _circumstances(score: MetricScore) -> str:
    backbone = f"features of {score.backbone}: " if score.backbone else ""
    return f"{backbone}{score.count:,} samples against {score.reference_count:,} of {score.reference}"


def _write_names(axes: Any, points: Sequence[_Point]) -> None:
    points_on_page = [axes.transData.transform(point.place) for point in points]
    boxes: list[Any] = []
    for point in reversed(points):
        for x, y, across, upward in _SIDES:
            aligned = {"ha": across, "va": upward, "fontsize": 9, "color": _INK}
            text = axes.annotate(point.name, point.place, (x, y), textcoords="offset points", **aligned)
            text.set_in_layout(False)
            box = text.get_window_extent()
            inside = axes.bbox.x0 <= box.x0 and box.x1 <= axes.bbox.x1 and box.y1 <= axes.bbox.y1
            if inside and not box.count_overlaps(boxes) and not any(box.contains(*place) for place in points_on_page):
                boxes.append(box)
                break
            text.remove()


def _style_axes(axes: Any, title: str, across: str, upward: str) -> None:
    axes.set_title(title, loc="left", fontsize=13, color=_INK, pad=12)
    axes.set_xlabel(across, color=_QUIET, fontsize=10)
    axes.set_ylabel(upward, color=_QUIET, fontsize=10)
    axes.grid(color=_RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_QUIET, length=0)
    axes.spines[:].set_visible(False)


def _add_legend(figure: Any) -> None:
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False, fontsize=10, handletextpad=0.2)


def _figure(width: float, height: float) -> Any:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine
    except ImportError:
        remedy = 'pip install "sparring[metrics]"'
        raise MissingExtraError(f"pictures need matplotlib, which is not installed: {remedy}") from None
    figure = Figure(figsize=(width, height), dpi=150, layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1))
    FigureCanvasAgg(figure)
    return figure


def _image(figure: Any) -> Image.Image:
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return Image.open(file).convert("RGB")
