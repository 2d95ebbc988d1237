"""Plots of small games: fields with paths, value surfaces, eigenvalues in the plane."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparring.errors import MissingExtraError
from sparring.theory.distributions import distribution
from sparring.theory.dynamics import PlanarGame, gradient_field
from sparring.theory.objectives import Original

_INK, _FAINT, _ARROWS = "#333333", "#bbbbbb", "#8a8a8a"
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Okabe & Ito 2008: distinct to colour-blind readers too."""


def draw_field(
    path: str | Path, game: PlanarGame, paths: Mapping[str, NDArray[np.float64]], title: str = "", span: float = 0.0
) -> Path:
    """Writes the gradient field of `game` with labelled trajectories [steps + 1, 2] as a PNG, and returns its path.

    The axes cover [-`span`, `span`]; 0 fits them to the trajectories.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    figure = _figure(6.4, 5.6)
    axes = figure.add_subplot()
    span = span or 1.15 * max([1.0, *(float(np.abs(trace).max()) for trace in paths.values())])
    grid = np.linspace(-span, span, 17)
    field = gradient_field(game, grid.tolist(), grid.tolist())
    lengths = np.linalg.norm(field, axis=2, keepdims=True)
    arrows = field / np.maximum(lengths, 1e-12) * np.sqrt(lengths / max(float(lengths.max()), 1e-12))
    axes.quiver(grid, grid, arrows[..., 0], arrows[..., 1], color=_ARROWS, width=0.0028, pivot="mid", scale=19)
    for (label, trace), colour in zip(paths.items(), _COLOURS * 8, strict=False):
        axes.plot(trace[:, 0], trace[:, 1], color=colour, linewidth=1.2, label=label)
        axes.plot(*trace[0], "o", color=colour, markersize=5)
        axes.plot(*trace[-1], "s", color=colour, markersize=6, markeredgecolor="white")
    axes.plot(0, 0, "+", color=_INK, markersize=12, markeredgewidth=1.8)
    axes.set(xlabel="θ (generator)", ylabel="ψ (discriminator)", title=title, xlim=(-span, span), ylim=(-span, span))
    axes.set_aspect("equal")
    if paths:
        axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), frameon=False, title="● start   ■ end")
    return _write(figure, path)


def draw_value_surface(path: str | Path, share: float = 0.5, count: int = 121) -> Path:
    """Writes V(q, D) of the original game on two points as a PNG: a saddle, with the best D for every q.

    The data puts `share` on the first point. One axis is the generator's share q, the other D at the first point,
    with 1 - D at the second. Against q the best such D is (share + 1 - q)/2. Returns the path.

    Raises:
        SpecError: `share` is not between 0 and 1.
        MissingExtraError: matplotlib is not installed.
    """
    p = distribution("share", [share, 1 - share])
    shares = probabilities = np.linspace(0.02, 0.98, count)
    strategies = np.stack([shares, 1 - shares], axis=1)
    surface = np.stack([Original().payoffs(p, strategies, np.array([d, 1 - d])) for d in probabilities])
    figure = _figure(6.8, 5.4)
    axes = figure.add_subplot()
    lowest = np.floor(10 * np.quantile(surface, 0.08)) / 10
    levels = np.arange(lowest, surface.max() + 0.1, 0.1)
    filled = axes.contourf(shares, probabilities, surface, levels=levels, cmap="Blues_r", extend="min")
    axes.contour(shares, probabilities, surface, levels=levels, colors="white", linewidths=0.3, linestyles="solid")
    axes.plot(shares, (share + 1 - shares) / 2, color=_COLOURS[1], linewidth=2, label="best D against q")
    axes.axhline(0.5, color=_INK, linestyle="--", linewidth=1.5, label="D = 1/2: V = -ln 4 for every q")
    axes.plot(share, 0.5, "o", color="white", markeredgecolor=_INK, markersize=9, linestyle="none", label="equilibrium")
    axes.set(xlabel="q: generator's share of the first point", ylabel="D at the first point (1 - D at the second)")
    axes.set_title("V(q, D), the original game on two points")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=3, frameon=False)
    ticks = levels[np.isclose(levels * 5, np.round(levels * 5))]
    figure.colorbar(filled, ax=axes, label="V", format="%.1f", ticks=ticks)
    return _write(figure, path)


def draw_eigenvalues(path: str | Path, groups: Mapping[str, Sequence[complex]], title: str = "") -> Path:
    """Writes labelled eigenvalues of gradient fields in the complex plane as a PNG, and returns its path.

    The left half-plane, where continuous descent converges, is shaded.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    figure = _figure(6.4, 4.6)
    axes = figure.add_subplot()
    span = 1.2 * max([0.5, *(abs(number) for group in groups.values() for number in group)])
    axes.axvspan(-span, 0, color="#e4eef7", zorder=0, label="converges")
    _plot_numbers(axes, groups, span, title)
    return _write(figure, path)


def draw_spectra(path: str | Path, groups: Mapping[str, Sequence[complex]], title: str = "") -> Path:
    """Writes labelled eigenvalues of Markov kernels as a PNG, and returns its path.

    Shows the unit circle, which contains all of them, and 0, where a kernel leaks.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    figure = _figure(6.4, 4.6)
    axes = figure.add_subplot()
    angles = np.linspace(0, 2 * np.pi, 200)
    axes.plot(np.cos(angles), np.sin(angles), color=_FAINT, linewidth=1)
    axes.plot(0, 0, "x", color=_INK, markersize=12, markeredgewidth=1.8, linestyle="none", label="0: leaks")
    _plot_numbers(axes, groups, 1.15, title)
    return _write(figure, path)


def _plot_numbers(axes: Any, groups: Mapping[str, Sequence[complex]], span: float, title: str) -> None:
    axes.axhline(0, color=_FAINT, linewidth=0.8, zorder=0.5)
    axes.axvline(0, color=_FAINT, linewidth=0.8, zorder=0.5)
    for index, ((label, group), colour, marker) in enumerate(
        zip(groups.items(), _COLOURS * 8, "osD^vP" * 8, strict=False)
    ):
        numbers = np.asarray(list(group), np.complex128)
        hollow = {"markerfacecolor": "none", "markeredgewidth": 1.8, "markersize": 7 + 4 * index}  # rings where equal
        axes.plot(numbers.real, numbers.imag, marker, color=colour, label=label, **hollow)
    axes.set(xlabel="real part", ylabel="imaginary part", title=title, xlim=(-span, span), ylim=(-span, span))
    axes.set_aspect("equal")
    axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), frameon=False, labelspacing=0.9)


def _figure(width: float, height: float) -> Any:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        remedy = 'pip install "sparring[theory]"'
        raise MissingExtraError(f"pictures need matplotlib, which is not installed: {remedy}") from None
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def _write(figure: Any, path: str | Path) -> Path:
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=120, bbox_inches="tight")
    return target
