"""Arguments and options that several commands share, each with its one help text."""

from pathlib import Path
from typing import Annotated

import typer

RunOrCheckpoint = Annotated[
    Path, typer.Argument(metavar="RUN_OR_CHECKPOINT", help="A run's folder or a checkpoint file.")
]
Best = Annotated[bool, typer.Option("--best", help="The run's best checkpoint by score, not its newest.")]
Class = Annotated[str | None, typer.Option("--class", help="A class; cat=0.5,dog=0.5; or smiling=1.")]
Device = Annotated[str, typer.Option(help="Where to compute: auto, cpu, cuda, cuda:1, mps.")]
SavedLatents = Annotated[
    Path | None, typer.Option("--latents", help="Use the latents in this .npz instead of new ones.")
]
Seed = Annotated[int, typer.Option(min=0, max=2**62, help="The same seed draws the same samples.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Leave out images that cannot be read.")]
Truncation = Annotated[
    float | None, typer.Option(help="From -1 to 1: how far from the mean latent; style networks only.")
]
