"""Scores the images of one folder against those of another; no model is needed.

python examples/compare_folders.py faked/ real/  # without arguments: digits, blurred and sharp
"""

import sys
import tempfile
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from sparring.backbones import custom_backbone
from sparring.data import Digits, ImageFiles, save_image
from sparring.inference.evaluate import evaluate

METRICS = ("fd", "kid", "prdc", "swd")


def thumbnails(images: Tensor) -> Tensor:
    """Returns features [N, 16 C] of images [N, C, 8, 8]: their means over 2x2 pixels.

    A network that was trained sees much more: leave `backbone` out for EfficientNet-lite0 (extra `metrics`).
    """
    return avg_pool2d(images / 255, 2).flatten(1)


def main(generated: str, real: str, out: str | None = None) -> dict[str, float]:
    """Prints and returns the scores of the images in the folder `generated` against those in `real`."""
    backbone = custom_backbone(thumbnails, size=8, name="thumbnails")
    sets = (ImageFiles(path=Path(folder)).load() for folder in (generated, real))
    scores = evaluate(*sets, METRICS, backbone=backbone, out=out).result.by_name()
    for name, value in scores.items():
        print(f"{name:<24} {value:.4f}")
    return scores


def write_digits(folder: Path, count: int = 400) -> tuple[str, str]:
    """Writes real digits to `folder/sharp`, others with means of 3x3 pixels to `folder/blurred`; returns both paths."""
    images, _ = Digits().load().batch(range(2 * count), torch.Generator())
    parts = {"blurred": avg_pool2d(images[:count], 3, 1, 1), "sharp": images[count:]}
    for name, part in parts.items():
        (folder / name).mkdir(parents=True)
        for index, image in enumerate(part):
            save_image(image, folder / name / f"{index:05d}.png")
    return str(folder / "blurred"), str(folder / "sharp")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(*sys.argv[1:])
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(*write_digits(Path(folder)), out=f"{folder}/scores")
