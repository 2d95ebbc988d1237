"""The toy table is played cell by cell, once, and goes on where it was stopped."""

import json
from pathlib import Path

import pytest

from sparring.bench.cell import Cell, play_cell, read_result
from sparring.bench.methods import METHODS, WORLDS, cell_recipe
from sparring.bench.toys import list_cells, play_cells
from sparring.errors import RunError, SpecError
from sparring.losses import NonSaturating
from sparring.networks import Packed

SMALL = ("images=256", "generator.width=4", "training.recorded=false")


def test_cells_come_seed_by_seed() -> None:
    cells = list_cells(list(METHODS), list(WORLDS), 2, [])
    assert len(cells) == len(set(cells)) == 2 * len(METHODS) * len(WORLDS)
    assert [cell.seed for cell in cells] == sorted(cell.seed for cell in cells)


@pytest.mark.parametrize(
    ("methods", "worlds", "assignments", "words"),
    [
        (["GAN2"], ["ring"], [], "'GAN2' is not in the toy table.*GAN"),
        (["GAN"], ["rings"], [], "'rings' is not in the toy table.*ring"),
        (["GAN"], ["ring"], ["width=1"], "width"),
        (["GAN"], ["ring"], ["seed=3"], "in seed the cells of the table differ"),
        (["GAN"], ["ring"], ["losses.kind=Hinge"], "in losses the cells"),
    ],
)
def test_what_is_not_in_the_table_is_refused_before_anything_is_played(
    methods: list[str], worlds: list[str], assignments: list[str], words: str
) -> None:
    with pytest.raises(SpecError, match=words):
        list_cells(methods, worlds, 1, assignments)


@pytest.mark.parametrize("world", WORLDS)
def test_methods_change_what_is_minimised_and_nothing_else(world: str) -> None:
    plain, packed, *_, paired = (cell_recipe(method, world, 3, []) for method in METHODS)
    assert plain.seed == 3
    assert plain.game.losses == NonSaturating()
    assert plain.game.penalties == ()
    assert packed.game.discriminator == Packed.Spec(of=plain.game.discriminator, count=2)
    assert [penalty.kind() for penalty in paired.game.penalties] == ["R1", "R2"]
    assert plain.game.generator == packed.game.generator == paired.game.generator
    assert plain.training == packed.training == paired.training


@pytest.mark.parametrize("world", WORLDS)
def test_a_cell_is_trained_scored_and_written_once(world: str, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    cell = Cell("RpGAN + R1 + R2", world, 0, SMALL)
    assert read_result(cell, tmp_path) is None
    played = play_cell(cell, tmp_path)
    assert read_result(cell, tmp_path) == played
    assert 256 <= played.images <= 320
    assert played.count == {"ring": 8, "grid": 25, "stacked-digits": 1000}[world]
    assert (played.accuracy is not None) == (world == "stacked-digits")
    assert read_result(Cell("RpGAN + R1 + R2", world, 0), tmp_path) is None


def test_what_is_there_is_not_played_again(tmp_path: Path) -> None:
    lines: list[str] = []
    cells = [Cell("GAN", "ring", seed, SMALL) for seed in (0, 1)]
    first = play_cells(cells, tmp_path, 2, lines.append)
    assert [result.cell for result in first] == cells
    file = cells[0].folder(tmp_path) / "result.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "found": 5}))
    again = play_cells(cells, tmp_path, 2, lines.append)
    assert [result.found for result in again] == [5, first[1].found]
    assert lines[-1].startswith("2 of 2 are in ")


def test_a_cell_that_fails_says_why_and_where(tmp_path: Path) -> None:
    cell = Cell("GAN", "ring", 0, (*SMALL, "data.count=1", "data.modes=1", "prior.size=1", "data.radius=1e39"))
    with pytest.raises(RunError, match=r"GAN on ring, seed 0, failed \(exit 1\): .*seed0"):
        play_cells([cell], tmp_path, 1, print)


def test_cells_of_other_recipes_never_go_on_from_each_other(tmp_path: Path) -> None:
    few, more = (Cell("GAN", "ring", 0, (f"images={count}", "generator.width=4")) for count in (256, 512))
    assert few.folder(tmp_path) != more.folder(tmp_path)
    assert [play_cell(cell, tmp_path).images for cell in (more, few)] == [512, 256]


def test_a_method_named_twice_is_played_once() -> None:
    assert len(list_cells(["GAN", "GAN"], ["ring"], 1, [])) == 1
