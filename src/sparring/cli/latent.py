"""`spar latent`: what there is to do in a generator's latent space."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sparring.inference.model import Model
    from sparring.latents import Latents

app = typer.Typer(help="Sample, interpolate, mix, project and edit in a latent space.", no_args_is_help=True)

Source = Annotated[Path, typer.Argument(metavar="RUN_OR_CHECKPOINT", help="A run's folder or a checkpoint file.")]
Saved = Annotated[Path | None, typer.Option("--latents", help="Take the latents of this .npz instead of new ones.")]
Count = Annotated[int, typer.Option(min=1, help="How many latents to draw.")]
Seed = Annotated[int, typer.Option(min=0, max=2**62, help="The same seed draws the same latents.")]
Class = Annotated[str | None, typer.Option("--class", help="A class; cat=0.5,dog=0.5; or smiling=1.")]
Truncation = Annotated[
    float | None, typer.Option(help="From -1 to 1: how far from the mean latent; of style networks.")
]
InSpace = Annotated[str | None, typer.Option("--space", help="z, or w or w+ of style networks.")]
Best = Annotated[bool, typer.Option("--best", help="The run's best checkpoint by score, not its newest.")]
Out = Annotated[Path | None, typer.Option(help="The picture to write; the latents go beside it, as .npz.")]
Device = Annotated[str, typer.Option(help="Where to compute: auto, cpu, cuda, cuda:1, mps.")]


@app.command()
def sample(
    source: Source,
    count: Count = 16,
    seed: Seed = 0,
    chosen: Class = None,
    truncation: Truncation = None,
    space: InSpace = None,
    latents: Saved = None,
    out: Out = None,
    best: Best = False,
    device: Device = "auto",
) -> None:
    """Draw latents, or take saved ones, and write a picture of them beside the latents themselves."""
    from sparring.inference.latent_tools import write_sheet

    model, found = _begin(source, device, best, latents, (count, seed, chosen), space, truncation)
    _say(write_sheet(model, found, out or _place(model, "sample.png")))


@app.command()
def interpolate(
    source: Source,
    count: Count = 4,
    steps: Annotated[
        int | None, typer.Option(min=2, help="Pictures from each latent to the next (default: 8; 60 in a video).")
    ] = None,
    along: Annotated[str | None, typer.Option(help="linear or spherical (default: as the prior lies).")] = None,
    fps: Annotated[
        int | None, typer.Option("--fps", min=1, help="Pictures a second (default: 30 in a video, 16 in a .gif).")
    ] = None,
    seed: Seed = 0,
    chosen: Class = None,
    truncation: Truncation = None,
    space: InSpace = None,
    latents: Saved = None,
    out: Out = None,
    best: Best = False,
    device: Device = "auto",
) -> None:
    """Go from latent to latent: a row for each pair in a .png, or all in a circle in a .gif, .mp4 or .webm."""
    from sparring.inference.latent_tools import write_ways

    model, found = _begin(source, device, best, latents, (count, seed, chosen), space, truncation)
    _say(write_ways(model, found, steps, along, out or _place(model, "interpolate.png"), fps))


@app.command()
def mix(
    source: Source,
    rows: Annotated[int, typer.Option(min=1, help="How many latents lie before the rows.")] = 4,
    columns: Annotated[int, typer.Option(min=1, help="How many latents, above, give their styles.")] = 6,
    layers: Annotated[str, typer.Option(help="Of which layers: coarse, middle, fine, or such as 0-3,6.")] = "coarse",
    seed: Seed = 0,
    chosen: Class = None,
    truncation: Truncation = None,
    latents: Saved = None,
    out: Out = None,
    best: Best = False,
    device: Device = "auto",
) -> None:
    """Mix styles: every image of the left column with some layers' styles of every image above."""
    from sparring.inference.latent_tools import write_mixture

    model, found = _begin(source, device, best, latents, (rows + columns, seed, chosen), "w+", truncation)
    _say(write_mixture(model, found, rows, layers, out or _place(model, f"mix-{layers}.png")))


@app.command()
def compose(
    source: Source,
    take: Annotated[list[str], typer.Option(help="LATENT:LAYERS, such as 1:coarse or 2:4-7; may be repeated.")],
    count: Count = 3,
    seed: Seed = 0,
    chosen: Class = None,
    truncation: Truncation = None,
    latents: Saved = None,
    out: Out = None,
    best: Best = False,
    device: Device = "auto",
) -> None:
    """Make one image of several, layer by layer; layers that are not taken from another are those of latent 0."""
    from sparring.inference.latent_tools import write_composition

    model, found = _begin(source, device, best, latents, (count, seed, chosen), "w+", truncation)
    _say(write_composition(model, found, take, out or _place(model, "compose.png")))


@app.command()
def project(
    source: Source,
    images: Annotated[Path, typer.Argument(metavar="IMAGES", help="A folder, an archive or a file of images.")],
    space: Annotated[str, typer.Option(help="z, or w or w+ of style networks.")] = "w",
    steps: Annotated[int, typer.Option(min=1, help="Steps of the search.")] = 1000,
    tune: Annotated[int, typer.Option(min=0, help="Steps of pivotal tuning after it, such as 350.")] = 0,
    perceptual: Annotated[str, typer.Option(help="The distance: lite0, or LPIPS by vgg, alex or squeeze.")] = "lite0",
    pixels: Annotated[float, typer.Option(min=0, help="Weight of the squared error of pixels beside it.")] = 1.0,
    seed: Seed = 0,
    chosen: Class = None,
    batch: Annotated[int, typer.Option(min=1, help="Images that are looked for at a time.")] = 8,
    out: Annotated[
        Path | None, typer.Option(help="The folder to write (default: projections/IMAGES in the run).")
    ] = None,
    best: Best = False,
    device: Device = "auto",
) -> None:
    """Look for your own images in a latent space; the same command again goes on with what was stopped."""
    from sparring.backbones import find_perceptual
    from sparring.inference.model import load
    from sparring.inference.project import Order, project_images
    from sparring.latents import Likeness, Search, Tuning

    model = load(source, device, best=best)
    network = find_perceptual(perceptual, device=model.game.device)
    title = f"{network.title} + {pixels:g} MSE" if pixels else network.title
    tuning = Tuning(steps=tune) if tune else None
    distance = Likeness(network, pixels)
    order = Order(space, Search(steps=steps), distance, tuning, seed, chosen, batch, title)
    folder = out or model.home / "projections" / images.stem

    def progress(what: str, step: int, steps: int, mean: float) -> None:
        print(f"{what} {step}/{steps}: distance {mean:.4g}")

    _say(project_images(model, images, folder, order, progress))


Directions = Annotated[int, typer.Option("--directions", min=1, help="How many directions.")]
Layers = Annotated[str, typer.Option(help="In which layers: all, coarse, middle, fine, or such as 0-3,6.")]
Reach = Annotated[float, typer.Option(help="How far to go, in standard deviations of the latents.")]
Columns = Annotated[int, typer.Option(min=2, help="Pictures in a row.")]


@app.command()
def sefa(
    source: Source,
    directions: Directions = 5,
    layers: Layers = "all",
    reach: Reach = 3.0,
    columns: Columns = 7,
    count: Count = 1,
    seed: Seed = 0,
    chosen: Class = None,
    truncation: Truncation = None,
    latents: Saved = None,
    out: Out = None,
    best: Best = False,
    device: Device = "auto",
) -> None:
    """Find editing directions by factorizing the weights that styles come from (SeFa), and show them."""
    from sparring.inference.edit import find_sefa, write_directions

    model, shown = _begin(source, device, best, latents, (count, seed, chosen), "w+", truncation)
    found = find_sefa(model, directions, layers, seed)
    _say(write_directions(model, found, shown, out or _place(model, "sefa.png"), reach, columns))


@app.command()
def pca(
    source: Source,
    directions: Directions = 5,
    layers: Layers = "all",
    reach: Reach = 3.0,
    columns: Columns = 7,
    count: Count = 1,
    seed: Seed = 0,
    chosen: Class = None,
    truncation: Truncation = None,
    latents: Saved = None,
    out: Out = None,
    best: Best = False,
    device: Device = "auto",
) -> None:
    """Find editing directions as principal components of W (GANSpace), and show them."""
    from sparring.inference.edit import find_principal, write_directions

    model, shown = _begin(source, device, best, latents, (count, seed, chosen), "w+", truncation)
    found = find_principal(model, directions, layers, seed)
    _say(write_directions(model, found, shown, out or _place(model, "pca.png"), reach, columns))


@app.command()
def boundary(
    source: Source,
    latents: Annotated[Path, typer.Option(help="The .npz of latents, of z or w, that the labels are of.")],
    labels: Annotated[Path, typer.Option(help="A text file of a 0 or a 1 in each line, one for each latent.")],
    reach: Reach = 3.0,
    columns: Columns = 7,
    shown: Annotated[int, typer.Option(min=1, help="How many of the latents are shown edited.")] = 4,
    out: Out = None,
    best: Best = False,
    device: Device = "auto",
) -> None:
    """Find the direction of an attribute from labels of latents: the normal of a linear classifier."""
    from sparring.inference.edit import find_boundary, write_directions

    model, given = _begin(source, device, best, latents, (1, 0, None), None, None)
    found = find_boundary(given, labels)
    _say(write_directions(model, found, given[:shown], out or _place(model, "boundary.png"), reach, columns))


@app.command()
def edit(
    source: Source,
    along: Annotated[Path, typer.Argument(metavar="DIRECTIONS", help="What sefa, pca or boundary wrote.")],
    index: Annotated[int, typer.Option(help="Which of the directions, counted from 0.")] = 0,
    reach: Reach = 3.0,
    columns: Columns = 7,
    count: Count = 4,
    seed: Seed = 0,
    chosen: Class = None,
    truncation: Truncation = None,
    latents: Saved = None,
    out: Out = None,
    best: Best = False,
    device: Device = "auto",
) -> None:
    """Move latents along a direction that was found: a row of pictures for each."""
    from sparring.inference.edit import edit as move
    from sparring.inference.edit import pick, read_directions
    from sparring.inference.latent_tools import write_sheet

    found = pick(read_directions(along), index)
    model, given = _begin(source, device, best, latents, (count, seed, chosen), None, truncation)
    _say(write_sheet(model, move(model, found, given, reach, columns), out or _place(model, "edit.png"), columns))


def _begin(
    source: Path,
    device: str,
    best: bool,
    file: Path | None,
    drawn: tuple[int, int, str | None],
    space: str | None,
    truncation: float | None,
) -> "tuple[Model, Latents]":
    """Returns the model, and the latents in `file` or else those `drawn`: how many, from which seed, of which class."""
    from sparring.inference.latent_tools import take_latents
    from sparring.inference.model import load

    model = load(source, device, best=best)
    if file:
        return model, take_latents(model, file, space, truncation)
    return model, model.draw_latents(*drawn, space or "z", truncation)


def _place(model: "Model", name: str) -> Path:
    return model.home / "latents" / name


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)
