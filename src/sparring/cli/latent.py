"""`spar latent`: sampling, interpolation, mixing, projection and editing in a generator's latent space."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sparring.cli.options import Best, Class, Device, RunOrCheckpoint, SavedLatents, Seed, Truncation

if TYPE_CHECKING:
    from sparring.inference.model import Model
    from sparring.latents import Latents

app = typer.Typer(help="Sample, interpolate, mix, project and edit in a latent space.", no_args_is_help=True)

Command = Callable[..., Iterable[str]]
"""Takes a `Start` and options of its own, and returns the lines to print."""


@dataclass(frozen=True)
class Start:
    """What the commands begin with: a trained model, and latents to draw or to load; each field is an option."""

    source: RunOrCheckpoint
    count: Annotated[int, typer.Option(min=1, help="How many latents to draw.")] = 4
    seed: Seed = 0
    chosen: Class = None
    truncation: Truncation = None
    space: Annotated[str | None, typer.Option("--space", help="z, or w or w+ of style networks.")] = None
    latents: SavedLatents = None
    out: Annotated[
        Path | None, typer.Option(help="The picture to write; the latents are saved next to it, as .npz.")
    ] = None
    best: Best = False
    device: Device = "auto"

    def load(self) -> "Model":
        """Returns the model."""
        from sparring.inference.model import load

        return load(self.source, self.device, best=self.best)

    def begin(self, space: str | None = None) -> "tuple[Model, Latents]":
        """Returns the model and its latents, in `space` where the command needs one."""
        from sparring.inference.latent_tools import load_latents

        model, space = self.load(), space or self.space
        if self.latents:
            return model, load_latents(model, self.latents, space, self.truncation)
        return model, model.draw_latents(self.count, self.seed, self.chosen, space or "z", self.truncation)

    def target(self, model: "Model", name: str) -> Path:
        """Returns the file to write: `--out`, or `name` in the run's folder."""
        return self.out or model.home / "latents" / name


def command(*left_out: str, **defaults: Any) -> Callable[[Command], Command]:
    """Registers a command whose options are the fields of `Start`, without those `left_out`, and the function's own.

    The function is called with the `Start` and its own options, and returns the lines to print. `defaults` replace
    those of `Start`.
    """
    shared = [
        option.replace(kind=Parameter.KEYWORD_ONLY, default=defaults.get(name, option.default))
        for name, option in signature(Start).parameters.items()
        if name not in left_out
    ]

    def register(act: Command) -> Command:
        own = [option.replace(kind=Parameter.KEYWORD_ONLY) for option in list(signature(act).parameters.values())[1:]]
        parameters = [shared[0], *own, *shared[1:]]  # the run is the first argument

        def run(**options: Any) -> None:
            start = Start(**{option.name: options.pop(option.name) for option in shared})
            for line in act(start, **options):
                print(line)

        run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {option.name: option.annotation for option in parameters}
        run.__doc__ = act.__doc__
        app.command(act.__name__)(run)
        return act

    return register


@command(count=16)
def sample(start: Start) -> Iterable[str]:
    """Draw latents, or load saved ones, and write a picture of them and the latents themselves."""
    from sparring.inference.latent_tools import write_sheet

    model, latents = start.begin()
    return write_sheet(model, latents, start.target(model, "sample.png"))


@command()
def interpolate(
    start: Start,
    steps: Annotated[
        int | None, typer.Option(min=2, help="Pictures from each latent to the next (default: 8; 60 in a video).")
    ] = None,
    along: Annotated[
        str | None, typer.Option(help="linear or spherical (default: spherical where the prior is Gaussian).")
    ] = None,
    fps: Annotated[
        int | None, typer.Option("--fps", min=1, help="Pictures a second (default: 30 in a video, 16 in a .gif).")
    ] = None,
) -> Iterable[str]:
    """Interpolate between latents: a row for each pair in a .png, or a loop in a .gif, .mp4 or .webm."""
    from sparring.inference.latent_tools import write_interpolations

    model, latents = start.begin()
    return write_interpolations(model, latents, steps, along, start.target(model, "interpolate.png"), fps)


@command("count", "space")
def mix(
    start: Start,
    rows: Annotated[int, typer.Option(min=1, help="How many latents are at the left of the rows.")] = 4,
    columns: Annotated[int, typer.Option(min=1, help="How many latents, at the top, give their styles.")] = 6,
    layers: Annotated[str, typer.Option(help="Of which layers: coarse, middle, fine, or such as 0-3,6.")] = "coarse",
) -> Iterable[str]:
    """Mix styles: every image of the left column with some layers' styles of every image in the top row."""
    from sparring.inference.latent_tools import write_mixture

    model, latents = replace(start, count=rows + columns).begin("w+")
    return write_mixture(model, latents, rows, layers, start.target(model, f"mix-{layers}.png"))


@command("space", count=3)
def compose(
    start: Start,
    take: Annotated[list[str], typer.Option(help="LATENT:LAYERS, such as 1:coarse or 2:4-7; may be repeated.")],
) -> Iterable[str]:
    """Compose one image from several, layer by layer; layers not taken from another latent are those of latent 0."""
    from sparring.inference.latent_tools import write_composition

    model, latents = start.begin("w+")
    return write_composition(model, latents, take, start.target(model, "compose.png"))


@command("count", "truncation", "space", "latents", "out")
def project(
    start: Start,
    images: Annotated[Path, typer.Argument(metavar="IMAGES", help="A folder, an archive or a file of images.")],
    space: Annotated[str, typer.Option(help="z, or w or w+ of style networks.")] = "w",
    steps: Annotated[int, typer.Option(min=1, help="Steps of the search.")] = 1000,
    tune: Annotated[int, typer.Option(min=0, help="Steps of pivotal tuning after it, such as 350.")] = 0,
    perceptual: Annotated[str, typer.Option(help="The distance: lite0, or LPIPS by vgg, alex or squeeze.")] = "lite0",
    pixels: Annotated[float, typer.Option(min=0, help="Weight of the squared error of pixels in the distance.")] = 1.0,
    batch: Annotated[int, typer.Option(min=1, help="Images that are projected at a time.")] = 8,
    out: Annotated[
        Path | None, typer.Option(help="The folder to write (default: projections/IMAGES in the run).")
    ] = None,
) -> Iterable[str]:
    """Project your own images into a latent space; the same command again resumes a stopped search."""
    from sparring.backbones import find_perceptual
    from sparring.inference.project import ProjectionTask, project_images
    from sparring.latents import PerceptualDistance, Search, Tuning

    model = start.load()
    network = find_perceptual(perceptual, device=model.game.device)
    title = f"{network.title} + {pixels:g} MSE" if pixels else network.title
    tuning = Tuning(steps=tune) if tune else None
    distance = PerceptualDistance(network, pixels)
    task = ProjectionTask(space, Search(steps=steps), distance, tuning, start.seed, start.chosen, batch, title)
    folder = out or model.home / "projections" / images.stem

    def progress(phase: str, step: int, count: int, mean: float) -> None:
        print(f"{phase} {step}/{count}: distance {mean:.4g}")

    return project_images(model, images, folder, task, progress)


DirectionCount = Annotated[int, typer.Option("--directions", min=1, help="How many directions.")]
Layers = Annotated[str, typer.Option(help="In which layers: all, coarse, middle, fine, or such as 0-3,6.")]
Reach = Annotated[float, typer.Option(help="How far to go, in standard deviations of the latents.")]
Columns = Annotated[int, typer.Option(min=2, help="Pictures in a row.")]


@command("space", count=1)
def sefa(
    start: Start, directions: DirectionCount = 5, layers: Layers = "all", reach: Reach = 3.0, columns: Columns = 7
) -> Iterable[str]:
    """Find editing directions by factorizing the weights that styles are computed with (SeFa), and show them."""
    from sparring.inference.edit import find_sefa, write_directions

    model, latents = start.begin("w+")
    steps = find_sefa(model, directions, layers, start.seed)
    return write_directions(model, steps, latents, start.target(model, "sefa.png"), reach, columns)


@command("space", count=1)
def pca(
    start: Start, directions: DirectionCount = 5, layers: Layers = "all", reach: Reach = 3.0, columns: Columns = 7
) -> Iterable[str]:
    """Find editing directions as principal components of W (GANSpace), and show them."""
    from sparring.inference.edit import find_principal, write_directions

    model, latents = start.begin("w+")
    steps = find_principal(model, directions, layers, start.seed)
    return write_directions(model, steps, latents, start.target(model, "pca.png"), reach, columns)


@command("count", "seed", "chosen", "truncation", "space", "latents")
def boundary(
    start: Start,
    latents: Annotated[Path, typer.Option(help="The .npz of labelled latents, of z or w.")],
    labels: Annotated[Path, typer.Option(help="A text file of a 0 or a 1 in each line, one for each latent.")],
    reach: Reach = 3.0,
    columns: Columns = 7,
    shown: Annotated[int, typer.Option(min=1, help="How many of the latents are shown edited.")] = 4,
) -> Iterable[str]:
    """Find the direction of an attribute from labels of latents: the normal of a linear classifier."""
    from sparring.inference.edit import find_boundary, write_directions

    model, labelled = replace(start, latents=latents).begin()
    direction = find_boundary(labelled, labels)
    return write_directions(model, direction, labelled[:shown], start.target(model, "boundary.png"), reach, columns)


@command("space")
def edit(
    start: Start,
    along: Annotated[Path, typer.Argument(metavar="DIRECTIONS", help="What sefa, pca or boundary wrote.")],
    index: Annotated[int, typer.Option(help="Which of the directions, counted from 0.")] = 0,
    reach: Reach = 3.0,
    columns: Columns = 7,
) -> Iterable[str]:
    """Move latents along a direction from `sefa`, `pca` or `boundary`: a row of pictures for each."""
    from sparring.inference.edit import edit as edit_latents
    from sparring.inference.edit import pick, read_directions
    from sparring.inference.latent_tools import write_sheet

    direction = pick(read_directions(along), index)
    model, latents = start.begin()
    edited = edit_latents(model, direction, latents, reach, columns)
    return write_sheet(model, edited, start.target(model, "edit.png"), columns)
