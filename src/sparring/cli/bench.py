"""`spar bench`: compares methods with each other and with published results."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Train methods side by side and compare them with published tables.", no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Train methods side by side and compare them with published tables."""


@app.command()
def toys(
    assignments: Annotated[
        list[str] | None, typer.Argument(metavar="[FIELD=VALUE]...", help="Changes to every recipe, e.g. images=100k.")
    ] = None,
    method: Annotated[list[str] | None, typer.Option(help="Only this method (may be repeated).")] = None,
    world: Annotated[list[str] | None, typer.Option(help="Only this world (may be repeated).")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds.")] = 5,
    out: Annotated[Path, typer.Option(help="Where runs and results are kept; finished ones are not repeated.")] = Path(
        "runs/bench-toys"
    ),
    jobs: Annotated[int, typer.Option(min=0, help="Runs at once; 0 means one a processor.")] = 0,
    write: Annotated[Path | None, typer.Option(help="Put each table between its marks in this Markdown file.")] = None,
) -> None:
    """Mode coverage on ring, grid and stacked digits: five methods over several seeds, in parallel.

    After Ctrl-C the same command again resumes.
    """
    from sparring.bench.methods import METHODS, WORLDS
    from sparring.bench.table import insert_tables, tables, write_tables
    from sparring.bench.toys import count_processors, list_cells, play_cells

    chosen = (method or list(METHODS), world or list(WORLDS))
    cells = list_cells(*chosen, seeds, assignments or [])
    if write:
        insert_tables(write, dict.fromkeys(chosen[1], ""))  # missing marks are an error now, not after an hour
    results = play_cells(cells, out, jobs or count_processors(), print)
    options = [
        f"--seeds {seeds}",
        *(f'--method "{one}"' for one in method or ()),
        *(f"--world {one}" for one in world or ()),
    ]
    texts = tables(results, " ".join(["spar bench toys", *options, *(assignments or [])]))
    print("", *texts.values(), sep="\n", end="")
    if write:
        write_tables(write, texts)
        print(f"\nwritten to {write}")
