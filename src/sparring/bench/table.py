"""The toy table: our means with standard errors, published results, and which are ahead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev

from sparring.bench.cell import CellResult
from sparring.errors import SpecError
from sparring.files import replace_text


@dataclass(frozen=True)
class Published:
    """A published row: modes, high quality (None where unreported), KL, and the source."""

    name: str
    modes: float
    high_quality: float | None
    divergence: float
    source: str = "published"


PUBLISHED: dict[str, tuple[Published, ...]] = {
    "ring": (
        Published("GAN", 6.3, 0.982, 0.45),
        Published("ALI", 6.6, 0.976, 0.36),
        Published("PacGAN2", 7.9, 0.956, 0.07),
        Published("PacGAN4", 7.8, 0.959, 0.07),
        Published("the real distribution", 8, 0.989, 0.0014, "computed"),
    ),
    "grid": (
        Published("GAN", 17.3, 0.948, 0.70),
        Published("ALI", 24.1, 0.957, 0.14),
        Published("PacGAN2", 23.8, 0.913, 0.13),
        Published("PacGAN4", 24.8, 0.936, 0.04),
        Published("the real distribution", 25, 0.989, 0.0049, "computed"),
    ),
    "stacked-digits": (
        Published("DCGAN", 99, None, 3.40),
        Published("WGAN-GP", 959, None, 0.73),
        Published("PacDCGAN2", 1000, None, 0.06),
        Published("GAN + R1 + R2", 693, None, 0.927),
        Published("RpGAN + R1 + R2", 1000, None, 0.029),
        Published("the real distribution", 1000, None, 0.0193, "computed"),
    ),
}
"""Lin et al. 2018, table 1 (means of 10 seeds, 400k iterations of batch 100); on Stacked MNIST Lin et al. 2018 and
Huang et al. 2024, with other networks and digits of 28x28; the last has KL .078 in its ablation. The real distribution
is a perfect sampler, measured with as many samples."""


@dataclass(frozen=True)
class Row:
    """A method's means and standard errors over seeds on one world."""

    method: str
    seeds: int
    modes: tuple[float, float]
    high_quality: tuple[float, float] | None
    divergence: tuple[float, float]
    seconds: float


def summarize(results: Sequence[CellResult]) -> dict[str, list[Row]]:
    """Returns the rows of each world, in the order of the results."""
    rows: dict[str, list[Row]] = {}
    cells = dict.fromkeys((one.cell.world, one.cell.method) for one in results)
    for world, method in cells:
        alike = [one for one in results if (one.cell.world, one.cell.method) == (world, method)]
        rows.setdefault(world, []).append(
            Row(
                method,
                len(alike),
                _mean([one.found for one in alike]),
                _mean([one.high_quality for one in alike]) if alike[0].accuracy is None else None,
                _mean([one.divergence for one in alike]),
                fmean(one.seconds for one in alike),
            )
        )
    return rows


def tables(results: Sequence[CellResult], command: str) -> dict[str, str]:
    """Returns each world's table as Markdown, headed by the command that produced it."""
    texts = {}
    for world, rows in summarize(results).items():
        one = next(result for result in results if result.cell.world == world)
        lines = [_heading(world, rows, one, command), ""]
        lines += ["| | modes | high quality | KL | seconds | ahead |", "|---|---|---|---|---|---|"]
        best = reduce(lambda one, other: other if _better(_reached(other), _reached(one)) else one, rows)
        for row in rows:
            name = f"**{row.method}**" if row is best else row.method
            lines.append(f"| {name} | {_cells(row)} | {row.seconds:.0f} | {_ahead(row, PUBLISHED.get(world, ()))} |")
        lines += [_published_line(row) for row in PUBLISHED.get(world, ())]
        texts[world] = "\n".join(lines) + "\n"
    return texts


def write_tables(path: Path, texts: Mapping[str, str]) -> None:
    """Puts each world's table between its two marks in the Markdown file at `path`.

    Raises:
        SpecError: no such file, or marks of a world are missing; the file stays as it was.
    """
    replace_text(path, insert_tables(path, texts))


def insert_tables(path: Path, texts: Mapping[str, str]) -> str:
    """Returns the text of the Markdown file at `path` with the tables in it; raises as `write_tables` does."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SpecError(f"cannot write the table to {path}: {error.strerror}") from None
    for world, table in texts.items():
        begin, end = (f"<!-- spar bench toys, {world}: {word} -->" for word in ("begin", "end"))
        head, begin_mark, rest = text.partition(begin)
        _, end_mark, tail = rest.partition(end)
        if not begin_mark or not end_mark:
            raise SpecError(f"{path} has no place for {world}: put the lines {begin} and {end} where its table belongs")
        text = f"{head}{begin}\n\n{table}\n{end}{tail}"
    return text


def _heading(world: str, rows: Sequence[Row], one: CellResult, command: str) -> str:
    reader = "" if one.accuracy is None else f"; the reader knows {one.accuracy:.1%} of held-out digits"
    seeds = max(row.seeds for row in rows)
    counts = f"{seeds} seeds, {one.images:,} images each, {one.samples:,} samples measured"
    return f"**{world}** (`{command}`): {counts}{reader}"


def _cells(row: Row) -> str:
    quality = "" if row.high_quality is None else f"{_with_error(row.high_quality, 100, 1)} %"
    return f"{_with_error(row.modes, 1, 1)} | {quality} | {_with_error(row.divergence, 1, 4)}"


def _with_error(value: tuple[float, float], scale: float, digits: int) -> str:
    mean, error = (round(scale * part, digits) for part in value)
    return f"{mean:g} ± {error:g}" if error > 0 else f"{mean:g}"


def _published_line(row: Published) -> str:
    quality = "" if row.high_quality is None else f"{100 * row.high_quality:g} %"
    return f"| *{row.name}, {row.source}* | {row.modes:g} | {quality} | {row.divergence:g} | | |"


def _ahead(row: Row, published: Sequence[Published]) -> str:
    """Returns who covers more modes or, with as many (to half a percent), covers them more evenly."""
    other = next((one for one in published if one.name == row.method), None)
    if other is None:
        return ""
    return "ours" if _better(_reached(row), (other.modes, other.divergence)) else "published"


def _reached(row: Row) -> tuple[float, float]:
    return row.modes[0], row.divergence[0]


def _better(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Compares modes and, where they are equal to half a percent, KL."""
    if abs(one[0] - other[0]) > 0.005 * max(one[0], other[0]):
        return one[0] > other[0]
    return one[1] < other[1]


def _mean(values: Sequence[float]) -> tuple[float, float]:
    return fmean(values), stdev(values) / sqrt(len(values)) if len(values) > 1 else 0.0
