"""One cell of the table: a method on a world with a seed, trained and scored in a process of its own."""

import json
import sys
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from sparring.errors import SparringError
from sparring.files import replace_text


@dataclass(frozen=True)
class Cell:
    """A method, a world, a seed, and changes to the recipe."""

    method: str
    world: str
    seed: int
    assignments: tuple[str, ...] = ()

    def folder(self, home: Path) -> Path:
        """Returns the cell's folder in that of the benchmark; each recipe has its own."""
        from sparring.bench.methods import cell_recipe

        recipe = cell_recipe(self.method, self.world, self.seed, list(self.assignments))
        digest = sha256(recipe.to_yaml().encode()).hexdigest()[:8]
        return home / self.world / self.method.replace(" ", "") / f"seed{self.seed}-{digest}"


@dataclass(frozen=True)
class CellResult:
    """Modes found out of `count`, share of high-quality samples, KL divergence from uniform, and cost."""

    cell: Cell
    found: int
    count: int
    high_quality: float
    divergence: float
    seconds: float
    images: int
    samples: int
    accuracy: float | None = None


def read_result(cell: Cell, home: Path) -> CellResult | None:
    """Returns the saved result of exactly this cell; None where there is none, or a damaged one."""
    try:
        known = json.loads((cell.folder(home) / "result.json").read_text())
        known["cell"]["assignments"] = tuple(known["cell"]["assignments"])
        result = CellResult(**{**known, "cell": Cell(**known["cell"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return result if result.cell == cell else None


def play_cell(cell: Cell, home: Path) -> CellResult:
    """Trains the cell's recipe or resumes it, draws samples, counts their modes and writes the result."""
    import torch

    from sparring.bench.methods import cell_recipe
    from sparring.bench.reader import count_triples
    from sparring.metrics import count_modes
    from sparring.runner.train import train

    torch.set_num_threads(1)
    folder = cell.folder(home)
    recipe = cell_recipe(cell.method, cell.world, cell.seed, list(cell.assignments))
    model = train(recipe, folder / "run", device="cpu")
    modes, accuracy = recipe.data.load().modes, None
    if modes is None:
        samples = model.sample(26_000, seed=1)
        covered, accuracy = count_triples(samples)
    else:
        samples = model.sample(2_500, seed=1)
        covered = count_modes(samples, modes.centers, modes.deviation)
    result = CellResult(
        cell,
        covered.found,
        covered.count,
        covered.high_quality,
        covered.divergence,
        model.facts.seconds,
        model.facts.images,
        len(samples),
        accuracy,
    )
    replace_text(folder / "result.json", json.dumps(asdict(result), indent=1))
    return result


if __name__ == "__main__":
    from sparring.training.allocator import keep_memory, share_processors

    share_processors()
    keep_memory()
    method, world, seed, place, *changes = sys.argv[1:]
    try:
        play_cell(Cell(method, world, int(seed), tuple(changes)), Path(place))
    except SparringError as error:
        sys.exit(f"spar: {error}")
