"""What the table says of results, and where it is written."""

from pathlib import Path

import pytest

from sparring.bench.cell import Cell, CellResult
from sparring.bench.table import PUBLISHED, summarize, tables, write_tables
from sparring.errors import SpecError


def result(method: str, seed: int, found: int, divergence: float, world: str = "ring") -> CellResult:
    return CellResult(Cell(method, world, seed), found, 8, 0.9 + seed / 100, divergence, 10.0, 1000, 2500)


RESULTS = [
    result("GAN", 0, 6, 0.5),
    result("GAN", 1, 4, 0.3),
    result("PacGAN2", 0, 8, 0.1),
    result("PacGAN2", 1, 8, 0.1),
]


def test_rows_are_means_with_standard_errors() -> None:
    gan, pac = summarize(RESULTS)["ring"]
    assert gan.modes == pytest.approx((5, 1))
    assert gan.divergence == pytest.approx((0.4, 0.1))
    assert gan.high_quality == pytest.approx((0.905, 0.005))
    assert pac.divergence == pytest.approx((0.1, 0))


def test_the_table_names_its_command_marks_the_best_and_says_who_is_ahead() -> None:
    text = tables(RESULTS, "spar bench toys --seeds 2")["ring"]
    assert text.startswith("**ring** (`spar bench toys --seeds 2`): 2 seeds, 1,000 images each")
    assert "| GAN | 5 ± 1 | 90.5 ± 0.5 % | 0.4 ± 0.1 | 10 | published |" in text
    assert "| **PacGAN2** | 8 | 90.5 ± 0.5 % | 0.1 | 10 | ours |" in text
    for row in PUBLISHED["ring"]:
        assert f"*{row.name}, {row.source}*" in text


def test_ours_are_ahead_with_as_many_modes_only_if_they_are_covered_more_evenly() -> None:
    for divergence, ahead in ((0.02, "ours"), (0.04, "published")):
        one = CellResult(
            Cell("RpGAN + R1 + R2", "stacked-digits", 0), 1000, 1000, 1.0, divergence, 1.0, 1, 26_000, 0.99
        )
        line = next(line for line in tables([one], "")["stacked-digits"].splitlines() if line.startswith("| **RpGAN"))
        assert line.endswith(f"| {ahead} |")
        assert " % |" not in line


BEGIN, END = "<!-- spar bench toys, ring: begin -->", "<!-- spar bench toys, ring: end -->"


def test_a_table_goes_between_its_marks_and_nowhere_else(tmp_path: Path) -> None:
    page = tmp_path / "toys.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    for _ in range(2):
        write_tables(page, {"ring": "new\n"})
        assert page.read_text() == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"


def test_a_page_without_marks_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "toys.md"
    with pytest.raises(SpecError, match="cannot write the table"):
        write_tables(page, {"ring": "new"})
    before = f"{BEGIN}\n{END}"
    page.write_text(before)
    with pytest.raises(SpecError, match="has no place for grid"):
        write_tables(page, {"ring": "new", "grid": "new"})
    assert page.read_text() == before
