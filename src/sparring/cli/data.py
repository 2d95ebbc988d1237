"""`spar data`: checks, shows and packs data sets."""

from pathlib import Path
from typing import Annotated

import typer

from sparring.cli.options import SkipBad

app = typer.Typer(help="Look at and pack data sets.", no_args_is_help=True)

DataPath = Annotated[Path, typer.Argument(metavar="PATH", help="A folder, a .zip, a .tar, a .npy or a .npz of images.")]


@app.command()
def check(path: DataPath) -> None:
    """Read every image and list each one that cannot be used, with the reason."""
    from sparring.data.check import check as check_images

    report = check_images(path)
    print("\n".join(report.lines()))
    if not report.ok:
        raise typer.Exit(1)


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME_OR_PATH", help="A named data set, such as emoji, or a path.")],
    assignments: Annotated[
        list[str] | None, typer.Argument(metavar="[FIELD=VALUE]...", help="Settings, e.g. data.size=32.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The contact sheet to write (default: NAME.png).")] = None,
) -> None:
    """Print what a data set contains, its licence and where its files are, and write a contact sheet."""
    from sparring.data import exhibit
    from sparring.data.named import find_existing_source
    from sparring.files import replace_file

    exhibition = exhibit(find_existing_source(name).override(_settings(assignments)))
    print("\n".join(exhibition.lines))
    sheet = (out or Path(f"{Path(name).name}.png")).expanduser()
    replace_file(sheet, lambda part: exhibition.sheet.save(part, format="PNG"))
    print(f"contact sheet: {sheet}")


@app.command()
def pack(
    path: DataPath,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder, or a name that ends in .zip.")],
    assignments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FIELD=VALUE]...", help="Settings, e.g. data.size=64 data.channels=rgb."),
    ] = None,
    skip_bad: SkipBad = False,
) -> None:
    """Decode and resize a data set once, into a memory-mapped folder or a zip with dataset.json."""
    from sparring.data import ImageFiles, Loading
    from sparring.data.pack import pack as pack_images

    settings = ImageFiles(path=path).override(_settings(assignments))
    packed = pack_images(path, out, settings, Loading(skip_bad=skip_bad))
    shape = "x".join(map(str, packed.shape))
    print(f"{packed.path}: {packed.count:,} images of {shape}, {packed.dtype}, {packed.bytes / 1e6:.1f} MB")
    print(f"train on it with: spar train dcgan --data {packed.path}")


def _settings(assignments: list[str] | None) -> list[str]:
    """Returns the assignments as the data's own, with or without `data.` before each."""
    return [text.removeprefix("data.") for text in assignments or ()]
