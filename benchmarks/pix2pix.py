"""pix2pix on emoji: the distance of translations of held-out emoji from the other style, and their sharpness.

    python benchmarks/pix2pix.py runs/pix2pix      # about half an hour on two cores; resumes where it stopped

Trains `pix2pix-emoji`, and the same without the adversarial term, on nine tenths of the emoji, and prints the table of
docs/games/pix2pix.md.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import sparring
from sparring.data import picture
from sparring.game.panels import SampleGrid
from sparring.metrics.spectrum import HIGH, compare_spectra, power_spectrum

PLANS = {"L1 alone": ("adversarial_weight=0",), "pix2pix": ()}


def high_share(images: Tensor) -> float:
    """Returns the share of the power spectrum, without the mean, in its upper half."""
    frequencies, power = power_spectrum(images)
    return float((power[:, frequencies >= HIGH].sum(1) / power[:, 1:].sum(1).clamp_min(1e-12)).mean())


def main(folder: Path) -> None:
    """Trains the models and prints the table."""
    data = sparring.recipe("pix2pix-emoji").data.load()
    assert data.held_out is not None
    learned, _ = data.batch(np.arange(len(data)), torch.Generator())
    targets, sources = data.held_out.batch(np.arange(len(data.held_out)), torch.Generator())
    assert sources is not None
    outputs = {
        "the target itself": targets,
        "mean picture": learned.mean(0).expand_as(targets),
        "source as it is": sources,
    }
    for name, changes in PLANS.items():
        model = sparring.train(sparring.recipe("pix2pix-emoji", *changes), folder / name.replace(" ", "-"))
        outputs[name] = model.translate(sources)
    far = float((outputs["mean picture"] - targets).abs().mean())
    print(f"| {len(targets)} held-out emoji | L1 | below the mean picture | high frequencies | from the target's |")
    print("|---|---|---|---|---|")
    for name, images in outputs.items():
        distance = float((images - targets).abs().mean())
        gap = compare_spectra(targets, images).high_gap
        print(f"| {name} | {distance:.3f} | {1 - distance / far:.0%} | {high_share(images):.1%} | {gap:.1f} dB |")
    rows = [images[::12] for images in (sources, outputs["L1 alone"], outputs["pix2pix"], targets)]
    picture(SampleGrid.layer(rows, len(rows[0])).samples, len(rows[0]), scale=2).save(folder / "pix2pix.png")
    print(f"\nRows of sources, L1 alone, pix2pix and targets: {folder / 'pix2pix.png'}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/pix2pix"))
