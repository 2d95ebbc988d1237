"""BiGAN on handwritten digits: how much of a digit do its code and its reconstruction keep?

    python benchmarks/bigan.py [--seeds 3] [--out runs/bench-bigan] [FIELD=VALUE ...]

Trains the recipe `bigan-digits` once a seed (finished runs in the folder are kept) and prints

- class kept: the share of the 1,797 real digits whose reconstruction G(E(x)) is read as their own class by
  `sparring.bench.reader`, a support vector machine trained on real ones;
- probe: the accuracy of logistic regression on the codes E(x) of 397 digits, fitted to the 1,400 others; and, for
  comparison, the same on a fixed random projection of the pixels to as many numbers;
- error: the mean squared error of reconstructions over the variance of a pixel, 1 for the mean picture.
"""

import argparse
from dataclasses import astuple, dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from torch import Tensor

import sparring
from sparring.bench.reader import train_reader
from sparring.data import Digits
from sparring.inference.model import Model
from sparring.metrics.statistics.linear_classifier import fit_and_predict

FITTED = 1_400


@dataclass(frozen=True)
class Row:
    """The scores of one model."""

    kept: float
    probe: float
    projection: float
    error: float


def probe(codes: Tensor, labels: Tensor) -> float:
    """Returns the accuracy of a linear classifier of `codes` [N, n] on those outside its training set."""
    order = torch.randperm(len(codes), generator=torch.Generator().manual_seed(0))
    fitted, unseen = order[:FITTED], order[FITTED:]
    predictions = fit_and_predict(codes[fitted], labels[fitted], codes[unseen])
    return float((predictions == labels[unseen]).double().mean())


def evaluate(model: Model) -> Row:
    """Returns the model's scores on all digits."""
    digits = Digits().load()
    real, labels = torch.from_numpy(digits.pixels.astype(np.float32)) / 127.5 - 1, torch.from_numpy(digits.labels)
    codes, reconstructed = model.encode(real), model.reconstruct(real)
    predictions = torch.from_numpy(train_reader(16, 16).read(reconstructed)[:, 0])
    kept = float((predictions == labels).double().mean())
    flat = real.flatten(1)
    projection = flat @ torch.randn(flat.shape[1], codes.shape[1], generator=torch.Generator().manual_seed(0))
    error = (real - reconstructed).square().mean() / flat.var(0, correction=0).mean()
    return Row(kept, probe(codes, labels), probe(projection, labels), error.item())


def main() -> None:
    """Trains and evaluates the models and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("assignments", nargs="*", metavar="FIELD=VALUE", help="changes to the recipe")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("runs/bench-bigan"))
    options = parser.parse_args()
    rows = []
    for seed in range(options.seeds):
        folder = options.out / f"seed-{seed}"
        sparring.train(sparring.recipe("bigan-digits", *options.assignments, f"seed={seed}"), folder)
        rows.append(evaluate(sparring.load(folder)))
    print("\n| seed | class kept | probe | probe of a random projection | error |\n|---|---|---|---|---|")
    for name, row in [*enumerate(rows), ("mean", Row(*map(fmean, zip(*map(astuple, rows), strict=True))))]:
        print(f"| {name} | {row.kept:.1%} | {row.probe:.1%} | {row.projection:.1%} | {row.error:.2f} |")


if __name__ == "__main__":
    main()
