"""Samples of a trained model as picture files."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from torch import Tensor

from sparring.data import Points, picture, save_image
from sparring.files import explaining, replace_file
from sparring.inference.model import Model
from sparring.latents import Latents


def write_samples(
    model: Model, latents: Latents | None, count: int, seed: int, chosen: str | None, as_grid: bool, out: Path | None
) -> Iterator[str]:
    """Draws `count` samples from `model`, or renders its `latents`, writes them, and yields what it wrote.

    One file a sample (one array for vectors), or a single picture `as_grid`; into `out`, or
    `generated/` in the run's folder.

    Raises:
        SparringError: no such class, other latents, or a folder that cannot be written.
    """
    samples = (model.sample(count, seed, chosen) if latents is None else model.render(latents)).cpu()
    folder = out or model.home / "generated"
    if as_grid:
        named = out is not None and out.suffix == ".png"
        target = out if out and named else folder / f"seed{seed}-grid.png"
        drawing = picture(samples) if samples.ndim == 4 else Points(samples.numpy(), model.recipe.name).depict(samples)
        replace_file(target, lambda part: drawing.save(part, format="PNG"))
        yield str(target)
        return
    if samples.ndim != 4:
        target = folder / f"seed{seed}.npy"
        replace_file(target, lambda part: _save_array(samples, part))
        yield f"{len(samples)} samples of {model.shape[0]} numbers in {target}"
        return
    with explaining(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for index, image in enumerate(samples):
            written = save_image(image, folder / f"seed{seed}-{index:05d}.png", model.depth)
    yield f"{len(samples)} samples in {folder}, the last {written.name}"


def _save_array(samples: Tensor, path: Path) -> None:
    with path.open("wb") as file:  # numpy would add its suffix to a path
        np.save(file, samples.numpy())
