"""Trains a conditional GAN, then draws one class, a mixture of two, and a grid with a row for each class.

python examples/class_grid.py                    # or with changes: images=60k
"""

import sys
from pathlib import Path

import torch

import sparring
from sparring.data import picture

SMALL = ("images=20k", "generator.width=16", "discriminator.width=16", "training.threads=1")
COLUMNS = 8


def main(*assignments: str, folder: str = "runs/examples/classes") -> None:
    """Trains in `folder` and writes `classes.png` into it: the same latents in every row."""
    model = sparring.train(sparring.recipe("conditional-digits", *SMALL, *assignments), run=folder)

    threes = model.sample(COLUMNS, seed=0, condition="3")  # a class by name
    between = model.sample(COLUMNS, seed=0, condition="3=0.5,8=0.5")  # half way between two
    assert threes.shape == between.shape

    latents = model.draw_latents(COLUMNS, seed=0).points.repeat(len(model.classes), 1)
    labels = torch.arange(len(model.classes)).repeat_interleave(COLUMNS)
    with model.game.evaluating():
        rows = model.game.render(latents, labels)  # [10 * COLUMNS, 1, 16, 16]
    picture(torch.cat((rows, threes, between)), columns=COLUMNS).save(Path(folder) / "classes.png")


if __name__ == "__main__":
    main(*sys.argv[1:])
