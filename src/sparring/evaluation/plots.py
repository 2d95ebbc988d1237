"""Plots of an evaluation: both sets of samples on a map, and scores that are read in pairs."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from sparring.errors import MissingExtraError
from sparring.evaluation.score import Score
from sparring.metrics.accumulators import Moments

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Okabe & Ito 2008: told apart by colour-blind readers too."""

_INK, _QUIET, _RULE = "#1c1f24", "#5f6873", "#e2e4e8"
_MOST_POINTS = 2000
_PAIRS = (("precision", "recall"), ("density", "coverage"))
_MEANING = {
    "precision": "precision: share of samples among the data",
    "recall": "recall: share of the data among samples",
    "density": "density: how much data surrounds a sample",
    "coverage": "coverage: share of the data near a sample",
}


def draw_map(real: Tensor, fake: Tensor, seed: int = 0) -> Image.Image:
    """Returns where features `real` [N, d] and `fake` [M, d] lie, N and d above 1, at most 2,000 points of each.

    The plane is that of the real samples' first two principal components; samples of two numbers are shown as they
    are. Points are drawn in random order, so that neither set hides the other.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    figure = _figure(6.6, 5.4)
    axes = figure.add_subplot()
    random = torch.Generator().manual_seed(seed)
    sets = [rows[torch.randperm(len(rows), generator=random)[:_MOST_POINTS]] for rows in (real, fake)]
    places, labels = _on_plane(real, sets)
    colours = [colour for colour, rows in zip(_COLOURS, sets, strict=False) for _ in rows]
    order = torch.randperm(len(colours), generator=random)
    axes.scatter(*places[order].T.numpy(), s=12, c=[colours[index] for index in order], alpha=0.45, linewidths=0)
    for name, colour, rows in zip(("real", "generated"), _COLOURS, sets, strict=False):
        axes.scatter([], [], s=45, color=colour, label=f"{len(rows):,} {name} samples")
    _dress(axes, "Where real and generated samples lie", *labels)
    axes.set_aspect("equal", adjustable="datalim")
    _legend(figure, axes)
    return _image(figure)


def draw_pairs(scores: Sequence[Score]) -> Image.Image | None:
    """Returns precision against recall and density against coverage, a point for each evaluation of `scores`.

    Points are labelled by the name of their samples; colours tell networks and counts, between which values do not
    compare. None where there is no such pair of scores.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    found = {pair: points for pair in _PAIRS if (points := _points(scores, *pair))}
    if not found:
        return None
    groups = list(dict.fromkeys(group for points in found.values() for group, _ in points))
    figure = _figure(5.6 * len(found), 4.9)
    for index, ((upward, across), points) in enumerate(found.items()):
        axes = figure.add_subplot(1, len(found), index + 1)
        for group, colour in zip(groups, _COLOURS * len(groups), strict=False):
            own = [place for (one, _), place in points.items() if one == group]
            axes.scatter(*zip(*own, strict=True), s=60, color=colour, edgecolors="white", label=group, zorder=3)
        _dress(axes, f"{upward.capitalize()} and {across}", _MEANING[across], _MEANING[upward])
        axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, max(1.03, 1.06 * max(y for _, y in points.values()))))
        axes.set_title("better ↗", loc="right", fontsize=10, color=_QUIET)
        _label(axes, {name: place for (_, name), place in points.items()})
    if len(groups) > 1:
        _legend(figure, figure.axes[0])
    return _image(figure)


def _on_plane(real: Tensor, sets: Sequence[Tensor]) -> tuple[Tensor, tuple[str, str]]:
    """Returns all rows of `sets` on the plane [., 2], and what its axes are."""
    rows = torch.cat(list(sets)).double()
    if rows.shape[1] == 2:
        return rows, ("first number", "second number")
    moments = Moments()
    moments.update(real)
    variances, directions = torch.linalg.eigh(moments.covariance)
    first = directions[:, [-1, -2]]
    first = first * first.gather(0, first.abs().argmax(0, keepdim=True)).sign()  # which end is positive is arbitrary
    shares = variances[[-1, -2]] / variances.sum().clamp(min=1e-300)
    names = [f"{which} principal component of real samples, {share:.0%} of their variance"
             for which, share in zip(("first", "second"), shares.tolist(), strict=True)]
    return (rows - moments.mean) @ first, (names[0], names[1])


def _points(scores: Sequence[Score], upward: str, across: str) -> Mapping[tuple[str, str], tuple[float, float]]:
    """Returns by network and count, and by name of samples, the pairs of `across` and `upward` measured together."""
    known: dict[object, dict[str, Score]] = {}
    for score in scores:
        known.setdefault(replace(score, name="").identity, {})[score.name.partition("-")[0]] = score
    return {
        (f"{one.backbone or 'as they are'}, {one.count:,} samples", one.samples): (found[across].value, one.value)
        for found in known.values()
        if across in found and (one := found.get(upward))
    }


def _label(axes: Any, points: Mapping[str, tuple[float, float]]) -> None:
    """Writes names beside `points`, each where it covers no other and no point, as far as there is room."""
    renderer = axes.figure.canvas.get_renderer()
    axes.figure.draw_without_rendering()
    taken = [axes.transData.transform(place) for place in points.values()]
    boxes: list[Any] = []
    for name, place in points.items():
        for x, y, across, up in _SIDES:
            text = axes.annotate(name, place, (x, y), textcoords="offset points", ha=across, va=up, fontsize=9, color=_INK)
            box = text.get_window_extent(renderer)
            inside = axes.bbox.x0 <= box.x0 and box.x1 <= axes.bbox.x1
            if inside and not box.count_overlaps(boxes) and not any(box.contains(*point) for point in taken):
                break
            text.remove()
        boxes.append(box)


_SIDES = ((8, 0, "left", "center"), (-8, 0, "right", "center"), (0, 8, "center", "bottom"), (0, -8, "center", "top"))


def _dress(axes: Any, title: str, across: str, upward: str) -> None:
    axes.set_title(title, loc="left", fontsize=13, color=_INK, pad=12)
    axes.set_xlabel(across, color=_QUIET, fontsize=10)
    axes.set_ylabel(upward, color=_QUIET, fontsize=10)
    axes.grid(color=_RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_QUIET, length=0)
    axes.spines[:].set_visible(False)


def _legend(figure: Any, axes: Any) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=10, handletextpad=0.2)


def _figure(width: float, height: float) -> Any:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        remedy = 'pip install "sparring[metrics]"'
        raise MissingExtraError(f"pictures need matplotlib, which is not installed: {remedy}") from None
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
    FigureCanvasAgg(figure)
    return figure


def _image(figure: Any) -> Image.Image:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=150)
    return Image.open(file).convert("RGB")
