"""VAE-GAN on digits: are reconstructions of held-out digits still the same digits?

    python benchmarks/vaegan.py runs/vaegan        # about ten minutes on one core; resumes where it stopped

Trains `vaegan-digits` on nine tenths of scikit-learn's digits and prints the table of docs/games/vaegan.md. A support
vector machine trained on real digits classifies the reconstructions.
"""

import sys
from pathlib import Path

import numpy as np
import torch

import sparring
from sparring.bench.reader import train_reader
from sparring.data import Digits
from sparring.latents import attribute_direction


def main(folder: Path) -> None:
    """Trains the model and prints the table."""
    model = sparring.train("vaegan-digits", folder)
    print("| digits | squared error, of the variance | digit kept |\n|---|---|---|")
    for split in ("train", "test"):
        data = Digits(split=split).load()
        real, labels = data.batch(np.arange(len(data)), torch.Generator())
        assert labels is not None
        reconstructed, reader = model.reconstruct(real), train_reader(*real.shape[2:])
        error = float((reconstructed - real).square().mean() / (real - real.mean(0)).square().mean())
        kept = (reader.read(reconstructed)[:, 0] == labels.numpy()).mean()
        print(f"| {'held out' if split == 'test' else 'trained on'} | {error:.0%} | {kept:.1%} |")
    turned = []
    codes = model.encode(real)  # of the held-out digits
    for one in range(10):
        for other in set(range(10)) - {one}:
            pair = (labels == one) | (labels == other)
            moved = codes[labels == one] + attribute_direction(codes[pair], labels[pair] == other)
            turned.append((reader.read(model.game.render(moved))[:, 0] == other).mean())
    print(f"\n{np.mean(turned):.1%} of the held-out digits become another digit when its attribute is added.")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/vaegan"))
