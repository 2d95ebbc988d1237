"""The command `spar`: a thin layer over the library; heavy imports wait until a command needs them."""

import io
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from sparring.cli import bench, data, latent, theory
from sparring.cli.options import Best, Class, Device, RunOrCheckpoint, SavedLatents, Seed, SkipBad, Truncation
from sparring.errors import SparringError
from sparring.version import __version__

app = typer.Typer(
    name="spar",
    epilog="Begin with: spar train digits",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(data.app, name="data")
app.add_typer(latent.app, name="latent")
app.add_typer(theory.app, name="theory")
app.add_typer(bench.app, name="bench")


def main() -> None:
    """Runs the command; prints errors that the user can mend as a paragraph, without a traceback."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a console without λ must not fail
    try:
        app()
    except SparringError as error:
        print(f"spar: {error}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:  # `| head` closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def print_version(wanted: bool) -> None:
    """Prints the version and ends the command."""
    if wanted:
        print(f"sparring {__version__}")
        raise typer.Exit


@app.callback()
def spar(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Train, measure, understand and use generative adversarial networks."""


@app.command()
def train(
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="A built-in recipe (see `spar recipes`), a YAML file, or a run.")
    ],
    assignments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FIELD=VALUE]...", help="Changes to the recipe, e.g. generator.width=96 losses=Hinge."),
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="Images to learn: a folder, zip, tar, npy or npz; or a name, such as emoji.")
    ] = None,
    run: Annotated[Path | None, typer.Option(help="The run's folder (default: runs/RECIPE).")] = None,
    device: Device = "auto",
    continue_with_changes: Annotated[
        bool, typer.Option("--continue-with-changes", help="Continue although recipe or data differ from the run's.")
    ] = False,
    skip_bad: SkipBad = False,
    micro_batch: Annotated[
        str | None, typer.Option(help="Samples of a batch to compute at a time; auto: as many as memory holds.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print sizes, estimated time and memory, and the recipe; then stop.")
    ] = False,
) -> None:
    """Train a GAN; the same command again resumes a run that was stopped.

    Ctrl-C saves and stops. Everything is kept in the run's folder: report.html, samples/, checkpoints/,
    log.jsonl and recipe.yaml.

    Examples: spar train digits | spar train dcgan --data faces/ data.size=64 losses=Hinge
    """
    from sparring.training.allocator import keep_memory, share_processors

    share_processors()
    keep_memory()
    from sparring.data import Loading
    from sparring.recipes.named_data import with_data
    from sparring.recipes.registry import recipe as find_recipe

    if (Path(recipe) / "recipe.yaml").is_file():
        run, recipe = run or Path(recipe), str(Path(recipe) / "recipe.yaml")
    elif recipe.endswith((".yaml", ".yml")) and not any(text.startswith("name=") for text in assignments or ()):
        run = run or Path("runs") / Path(recipe).stem
    chosen = find_recipe(recipe)
    chosen = (with_data(chosen, data) if data else chosen).override(assignments or [])
    loading = Loading(skip_bad=skip_bad)
    if dry_run:
        from sparring.runner.estimate import estimate

        print("\n".join(estimate(chosen, device, loading=loading, micro_batch=micro_batch).lines()))
        print(f"\n{chosen.to_yaml()}", end="")
        return
    from sparring.runner.info import list_contents
    from sparring.runner.train import train as play

    model = play(
        chosen, run, device=device, with_changes=continue_with_changes, loading=loading, micro_batch=micro_batch
    )
    print("\n".join(["", *list_contents(model.path.parent.parent)]))


@app.command()
def sample(
    source: RunOrCheckpoint,
    count: Annotated[int, typer.Option(min=1, help="How many samples.")] = 64,
    seed: Seed = 0,
    grid: Annotated[bool, typer.Option("--grid", help="One picture of all samples instead of a file each.")] = False,
    chosen: Class = None,
    truncation: Truncation = None,
    latents: SavedLatents = None,
    best: Best = False,
    out: Annotated[
        Path | None, typer.Option(help="A folder, or a .png for a grid (default: generated/ in the run).")
    ] = None,
    device: Device = "auto",
) -> None:
    """Draw new samples from a trained model, or render saved latents, and write them as pictures."""
    from sparring.inference.latent_tools import load_latents
    from sparring.inference.model import load
    from sparring.inference.sample import write_samples

    model = load(source, device, best=best)
    points = load_latents(model, latents, truncation=truncation) if latents else None
    if truncation is not None and not latents:
        points = model.draw_latents(count, seed, chosen, truncation=truncation)
    for line in write_samples(model, points, count, seed, chosen, grid, out):
        print(line)


@app.command("import")
def import_checkpoint(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .pkl (StyleGAN2-ADA, -3) or .pt (rosinality).")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The run's folder to make.")],
) -> None:
    """Make a run from another project's StyleGAN2 checkpoint, without running any code in the file."""
    from sparring.inference.import_checkpoint import import_model

    print("\n".join(import_model(file, out)))


@app.command()
def translate(
    source: RunOrCheckpoint,
    images: Annotated[Path, typer.Argument(metavar="FOLDER", help="Images of any size: a folder, an archive, a file.")],
    direction: Annotated[str, typer.Option(help="From which domain to which, a-to-b or b-to-a.")] = "a-to-b",
    out: Annotated[Path | None, typer.Option(help="A folder (default: translated/DIRECTION in the run).")] = None,
    best: Best = False,
    tile: Annotated[int, typer.Option(help="Larger images are translated in tiles of this side.")] = 1024,
    skip_bad: SkipBad = False,
    device: Device = "auto",
) -> None:
    """Translate images to the other domain of a trained image-to-image model, and write them under their names."""
    from sparring.data import Loading
    from sparring.inference.model import load
    from sparring.inference.translate import write_translations

    model = load(source, device, best=best)
    for line in write_translations(model, images, direction, out, tile, Loading(skip_bad=skip_bad)):
        print(line)


@app.command()
def evaluate(
    source: Annotated[
        str,
        typer.Argument(metavar="RUN_OR_IMAGES", help="A run, a checkpoint or images; or `metrics`: a list."),
    ],
    assignments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FIELD=VALUE]...", help="Changes to the plan, e.g. reference.split=test seed=1."),
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="Real images: a path, or fashion-mnist, digits (default: the run's own data).")
    ] = None,
    metrics: Annotated[str, typer.Option(help="Names with commas between.")] = "fd,kid,prdc",
    count: Annotated[int, typer.Option(min=1, help="How many samples of each set.")] = 10_000,
    backbone: Annotated[str, typer.Option(help="The network that extracts features of images.")] = "lite0",
    best: Best = False,
    out: Annotated[Path | None, typer.Option(help="The .json and .csv to write, without suffix.")] = None,
    skip_bad: SkipBad = False,
    device: Device = "auto",
) -> None:
    """Score generated samples against real ones: FD, KID, precision, recall, density, coverage and more.

    Two sets of images can be compared without any model. Scores are written with everything they depend on.

    Examples: spar evaluate runs/digits | spar evaluate faked/ --reference real/ --metrics fd,kid reference.size=64
    """
    from sparring.training.allocator import keep_memory, share_processors

    share_processors()
    keep_memory()
    from sparring.cli.evaluation import list_networks_and_metrics, print_evaluation
    from sparring.data import Loading

    if source == "metrics" and not Path(source).exists():
        print("\n".join(list_networks_and_metrics()))
        return
    settings = [f"count={count}", f"backbone={backbone}", *(assignments or [])]
    names = metrics.split(",")
    loading = Loading(skip_bad=skip_bad)
    if not print_evaluation(source, reference, names, settings, best=best, out=out, device=device, loading=loading):
        raise typer.Exit(1)


@app.command()
def info(run: Annotated[Path, typer.Argument(metavar="RUN_OR_CHECKPOINT", help="A run or a checkpoint.")]) -> None:
    """Print a run's progress, speed, memory and contents."""
    from sparring.runner.info import describe

    print("\n".join(describe(run)))


@app.command()
def report(run: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")]) -> None:
    """Write a run's report again: one HTML file with curves, samples, numbers and the recipe."""
    from sparring.listeners.report import write_report
    from sparring.training.folder import RunFolder

    RunFolder(run).read_recipe()
    print(write_report(run))


@app.command()
def recipes(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="A built-in recipe or a YAML file.")] = None,
    assignments: Annotated[list[str] | None, typer.Argument(metavar="[FIELD=VALUE]...")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Explain every field: its meaning and values.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema of recipes, for editors.")] = False,
) -> None:
    """List the built-in recipes, or print one in full as YAML: a file to edit and to train."""
    from sparring.recipes.registry import list_recipes
    from sparring.recipes.registry import recipe as find_recipe
    from sparring.recipes.schema import Recipe

    if schema:
        import json

        from sparring.spec.json_schema import json_schema

        print(json.dumps(json_schema(Recipe), indent=1))
    elif name is None:
        width = max(map(len, list_recipes()))
        print("\n".join(f"{known:{width}}  {text}" for known, text in list_recipes().items()))
    elif explain:
        from sparring.spec.explain import explain as explain_fields

        chosen = find_recipe(name, *assignments or [])
        print("\n".join(explain_fields(chosen, chosen.name)))
    else:
        print(find_recipe(name, *assignments or []).to_yaml(), end="")


@app.command()
def doctor() -> None:
    """List versions, devices and extras, and how to install missing ones."""
    from sparring.cli.doctor import diagnose

    print("\n".join(diagnose()))
