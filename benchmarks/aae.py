"""Adversarial autoencoders on digits: do the codes of held-out digits differ from samples of the prior?

    python benchmarks/aae.py runs/aae        # about fifteen minutes on one core; resumes where it stopped

Trains `aae-digits` on nine tenths of scikit-learn's digits with three priors, then `semi-supervised-aae-digits` on
1,438 digits of which 100 have labels, and prints the tables of docs/games/aae.md. `p` is the p-value of a permutation
test of the MMD between the codes of the 179 held-out digits and 2,000 samples of the prior (Gaussian kernel, as wide as
the median distance of two samples; 10,000 permutations).
"""

import sys
from pathlib import Path

import numpy as np
import torch

import sparring
from sparring.bench.reader import train_reader
from sparring.data import Digits
from sparring.inference.model import Model
from sparring.metrics import permutation_test
from sparring.metrics.statistics.linear_classifier import fit_and_predict
from sparring.metrics.statistics.mmd import gaussian_kernel, median_distance
from sparring.network import UNLABELLED

PRIORS = {
    "Gaussian": (),
    "mixture of ten Gaussians, informed": ("prior.kind=GaussianMixture", "informed=true"),
    "Swiss roll, informed": ("prior.kind=SwissRoll", "informed=true"),
}
SAMPLES, PERMUTATIONS = 2_000, 10_000


def row(model: Model) -> str:
    """Returns the cells of a model in the table."""
    held_out = Digits(split="test").load()
    real, labels = held_out.batch(np.arange(len(held_out)), torch.Generator())
    assert labels is not None
    latents = model.game.draw_latents(SAMPLES, torch.Generator().manual_seed(0))
    test = permutation_test(latents, model.encode(real), gaussian_kernel(median_distance(latents)), PERMUTATIONS)
    reconstructed, reader = model.reconstruct(real), train_reader(*real.shape[2:])
    error = float((reconstructed - real).square().mean() / (real - real.mean(0)).square().mean())
    kept = (reader.read(reconstructed)[:, 0] == labels.numpy()).mean()
    return f"{test.mmd:.4f} | {test.p:.2f} | {error:.0%} | {kept:.0%} | {class_accuracy(model):.0%}".replace("nan%", "")


def class_accuracy(model: Model) -> float:
    """Returns the share of an informed model's samples that the reader assigns to their class, NaN for other models."""
    if not model.game.condition.classes:
        return float("nan")
    classes = torch.arange(1000) % 10
    predictions = train_reader(*model.shape[1:]).read(model.sample(1000, condition=classes))[:, 0]
    return float((predictions == classes.numpy()).mean())


def main(folder: Path) -> None:
    """Trains the models and prints the tables."""
    print("| prior | MMD² | p | error, of the variance | digit kept | digit of its class |\n|---|---|---|---|---|---|")
    for name, changes in PRIORS.items():
        run = folder / name.partition(",")[0].replace(" ", "-").lower()
        model = sparring.train(sparring.recipe("aae-digits", *changes), run)
        print(f"| {name} | {row(model)} |", flush=True)
    print(f"\n{few_labels(folder / 'few-labels')}")


def few_labels(run: Path) -> str:
    """Returns the accuracies of the semi-supervised form and of logistic regression on pixels, from 100 labels each."""
    model = sparring.train("semi-supervised-aae-digits", run)
    learned = model.recipe.data.load()
    assert learned.held_out is not None
    pixels, labels = learned.batch(np.arange(len(learned)), torch.Generator())
    unseen, answers = learned.held_out.batch(np.arange(len(learned.held_out)), torch.Generator())
    assert labels is not None
    assert answers is not None
    with model.game.evaluating():
        accuracy = model.game.validation_metrics(unseen, answers)["accuracy"]
    known = labels != UNLABELLED
    predictions = fit_and_predict(pixels[known].flatten(1), labels[known], unseen.flatten(1))
    alone = float((predictions == answers).double().mean())
    return f"From 100 labels: {accuracy:.1%} of {len(answers)} held-out digits right; without the game, {alone:.1%}."


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/aae"))
