"""`spar data`: data sets, before anything learns from them."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Look at and pack data sets.", no_args_is_help=True)

DataPath = Annotated[Path, typer.Argument(metavar="PATH", help="A folder, a .zip, a .tar, a .npy or a .npz of images.")]


@app.command("check")
def data_check(path: DataPath) -> None:
    """Read every image and list each one that cannot be used, with the reason."""
    from sparring.data.check import check

    found = check(path)
    print("\n".join(found.lines()))
    if not found.ok:
        raise typer.Exit(1)


@app.command("show")
def data_show(
    name: Annotated[str, typer.Argument(metavar="NAME_OR_PATH", help="A named data set, such as emoji, or a path.")],
    assignments: Annotated[
        list[str] | None, typer.Argument(metavar="[FIELD=VALUE]...", help="Settings, e.g. data.size=32.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The contact sheet to write (default: NAME.png).")] = None,
) -> None:
    """Say what a data set holds, whose it is and where its files lie, and write a contact sheet of it."""
    from sparring.recipes.showing import show_data

    for line in show_data(name, assignments or [], out):
        print(line)


@app.command("pack")
def data_pack(
    path: DataPath,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder, or a name that ends in .zip.")],
    assignments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FIELD=VALUE]...", help="Settings, e.g. data.size=64 data.channels=rgb."),
    ] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave out images that cannot be read.")] = False,
) -> None:
    """Decode and resize a data set once, into a memory-mapped folder or a zip with dataset.json."""
    from sparring.recipes.packing import pack_images

    for line in pack_images(path, out, assignments or [], skip_bad=skip_bad):
        print(line)
