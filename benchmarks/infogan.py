"""InfoGAN's categories and the classes of handwritten digits: do they agree, without a label?

    python benchmarks/infogan.py [--seeds 3] [--out runs/bench-infogan] [FIELD=VALUE ...]

Trains the recipe `infogan-digits` once a seed (finished runs in the folder are kept) and prints, after the best
assignment of categories to classes (Hungarian algorithm),

- generated: the share of 5,000 generated digits that `sparring.bench.reader`, a support vector machine trained on real
  ones, assigns to the class of their category;
- recognized: the share of the 1,797 real digits whose most likely category is their class's: one minus the
  classification error of Chen et al. 2016, sec. 7.2;
- information: the bound on the mutual information of category and sample at the end of training, at most ln 10 = 2.30.
"""

import argparse
import json
from pathlib import Path
from statistics import fmean
from typing import cast

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

import sparring
from sparring.bench.reader import train_reader
from sparring.data import Digits
from sparring.games import InfoGAN

GENERATED = 5_000


def match(categories: "np.ndarray", classes: "np.ndarray") -> float:
    """Returns the share of samples that agree with the best assignment of the 10 categories to classes."""
    table = np.zeros((10, 10))
    np.add.at(table, (categories, classes), 1)
    rows, columns = linear_sum_assignment(table, maximize=True)
    return float(table[rows, columns].sum() / len(classes))


def evaluate(game: InfoGAN) -> tuple[float, float]:
    """Returns the agreement of categories and classes among generated and among real digits."""
    digits, reader = Digits().load(), train_reader(16, 16)
    real = torch.from_numpy(digits.pixels.astype(np.float32)) / 127.5 - 1
    with game.evaluating():
        latents = game.draw_latents(GENERATED, torch.Generator().manual_seed(0))
        samples, recognized = game.render(latents), game.recognize(real)[0]
    categories = _categories(latents[:, game.spec.noise.size :][:, : game.spec.codes[0].size])
    return match(categories, reader.read(samples)[:, 0]), match(_categories(recognized), digits.labels)


def _categories(code: Tensor) -> "np.ndarray":
    return cast("np.ndarray", code.argmax(1).numpy())


def main() -> None:
    """Trains and evaluates the models and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("assignments", nargs="*", metavar="FIELD=VALUE", help="changes to the recipe")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("runs/bench-infogan"))
    options = parser.parse_args()
    rows = []
    for seed in range(options.seeds):
        folder = options.out / f"seed-{seed}"
        sparring.train(sparring.recipe("infogan-digits", *options.assignments, f"seed={seed}"), folder)
        log = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
        last = next(line for line in reversed(log) if "information_categorical" in line.get("observations", {}))
        rows.append(
            (*evaluate(cast(InfoGAN, sparring.load(folder).game)), last["observations"]["information_categorical"])
        )
    print("\n| seed | generated | recognized | information, nats |\n|---|---|---|---|")
    for seed, (generated, recognized, information) in enumerate(rows):
        print(f"| {seed} | {generated:.1%} | {recognized:.1%} | {information:.2f} |")
    generated, recognized, information = (fmean(column) for column in zip(*rows, strict=True))
    print(f"| mean | {generated:.1%} | {recognized:.1%} | {information:.2f} |")


if __name__ == "__main__":
    main()
