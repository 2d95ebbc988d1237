"""Trains a small GAN on handwritten digits, then loads it and draws from it.

python examples/train_digits.py                  # or with changes: images=40k generator.width=32
"""

import sys
from pathlib import Path

import sparring
from sparring.data import picture

SMALL = ("images=20k", "generator.width=16", "discriminator.width=16", "training.threads=1")


def main(*assignments: str, folder: str = "runs/examples/digits") -> None:
    """Trains in `folder`, or finishes what was begun there, and writes `samples.png` into it."""
    sparring.train(sparring.recipe("digits", *SMALL, *assignments), run=folder)

    model = sparring.load(folder)  # a run's folder or a checkpoint; needs no data
    images = model.sample(64, seed=0)  # [64, 1, 16, 16] in [-1, 1], by the averaged generator
    picture(images).save(Path(folder) / "samples.png")
    print(model, "scores", model.facts.scores)


if __name__ == "__main__":
    main(*sys.argv[1:])
