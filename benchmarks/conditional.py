"""Do samples show their class? Conditioning by concatenation, by batch norm and projection, and AC-GAN.

    python benchmarks/conditional.py runs/conditional        # about four minutes a line on one core; can be stopped

Trains small recipes on scikit-learn's digits and on Fashion-MNIST (finished runs in the folder are kept) and prints for
1,000 samples, 100 of each class, the share that a support vector machine, trained on real pictures, assigns to their
class; the share of the worst class; and the sliced Wasserstein distance to all real ones.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.svm import SVC
from torch import Tensor

import sparring
from sparring.bench.reader import train_reader
from sparring.data import Dataset, Digits, FashionMNIST, Images
from sparring.metrics import sliced_wasserstein
from sparring.recipes.named_data import with_data

EACH = 100

PLAIN = ("generator.conditioning=Concatenation", "discriminator.conditioning=Concatenation")


@dataclass(frozen=True)
class Pictures:
    """Real pictures of ten classes with their `name` in recipes, and a classifier with its `accuracy`."""

    name: str
    data: Dataset
    read: Callable[[Tensor], "np.ndarray[Any, Any]"]
    accuracy: float


@cache
def digits() -> Pictures:
    """Returns scikit-learn's digits at 16x16."""
    reader = train_reader(16, 16)
    return Pictures("digits", Digits().load(), lambda images: reader.read(images)[:, 0], reader.accuracy)


@cache
def fashion() -> Pictures:
    """Returns Fashion-MNIST, and a classifier trained on 15,000 of its 60,000 pictures."""
    learned, unseen = FashionMNIST().load(), FashionMNIST(split="test").load()
    chosen = np.random.default_rng(0).permutation(len(learned))[:15_000]
    assert learned.labels is not None
    machine = SVC(C=10).fit(_shades(learned, chosen), learned.labels[chosen])
    held_out = np.arange(3_000)
    assert unseen.labels is not None
    accuracy = machine.score(_shades(unseen, held_out), unseen.labels[held_out])
    return Pictures("fashion-mnist", learned, lambda images: machine.predict(_flat(images)), accuracy)


def _shades(images: Images, indices: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    return _flat(images.batch(indices, torch.Generator())[0])


def _flat(images: Tensor) -> "np.ndarray[Any, Any]":
    shades: np.ndarray[Any, Any] = ((images + 1) / 2).flatten(1).numpy()
    return shades


LINES = {
    "concatenation in both": (digits, "conditional-digits", *PLAIN),
    "conditional batch norm, projection": (digits, "conditional-digits"),
    "AC-GAN": (digits, "acgan-digits"),
    "AC-GAN, Fashion-MNIST": (fashion, "acgan-digits", "images=120k"),
}
"""The pictures and the recipe of each line, named by the conditioning of the generator and the discriminator."""


def row(pictures: Pictures, run: Path, recipe: str, *changes: str) -> str:
    """Trains a model and returns its cells in the table."""
    model = sparring.train(with_data(sparring.recipe(recipe), pictures.name).override(list(changes)), run)
    classes = torch.arange(10).repeat(EACH)
    samples = model.sample(len(classes), condition=classes)
    right = pictures.read(samples) == classes.numpy()
    real, _ = pictures.data.batch(np.arange(len(pictures.data)), torch.Generator())
    worst = right.reshape(EACH, 10).mean(0).min()
    return f"{right.mean():.1%} | {worst:.0%} | {sliced_wasserstein(real, samples):.4f}"


def main(folder: Path) -> None:
    """Trains the models and prints the table."""
    rows = []
    for name, (pictures, recipe, *changes) in LINES.items():
        run = folder / name.replace(", ", "-").replace(" ", "-").lower()
        rows.append(f"| {name} | {row(pictures(), run, recipe, *changes)} |")
    print()
    for known in (digits(), fashion()):
        print(f"The classifier of {known.name} is right on {known.accuracy:.1%} of its held-out real ones.")
    print("\n| conditioning of the generator, of the discriminator | read as their class | worst class | distance |")
    print("|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/conditional"))
