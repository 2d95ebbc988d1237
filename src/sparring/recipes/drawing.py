"""Samples of a trained model as picture files."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from sparring.data import Points, picture, save_image
from sparring.errors import SpecError, nearest
from sparring.files import explaining, replace_file
from sparring.recipes.model import Model


def write_samples(
    model: Model, count: int, seed: int, chosen: str | None, as_grid: bool, out: Path | None
) -> Iterator[str]:
    """Draws `count` samples from `model`, writes them, and yields what it wrote.

    One file a sample (one array for vectors), or a single picture `as_grid`; into `out`, or
    `generated/` in the run's folder.

    Raises:
        SparringError: no such class, or a folder that cannot be written.
    """
    samples = model.sample(count, seed, choose_class(model, chosen, count)).cpu()
    home = model.path.parent.parent if model.path.parent.name == "checkpoints" else model.path.parent
    folder = out or home / "generated"
    if as_grid:
        target = folder / f"seed{seed}-grid.png"
        shown = picture(samples) if samples.ndim == 4 else Points(samples.numpy(), model.recipe.name).depict(samples)
        replace_file(target, lambda beside: shown.save(beside, format="PNG"))
        yield str(target)
        return
    if samples.ndim != 4:
        target = folder / f"seed{seed}.npy"
        replace_file(target, lambda beside: _save_array(samples, beside))
        yield f"{count} samples of {model.shape[0]} numbers in {target}"
        return
    with explaining(folder / "seed.png"):
        folder.mkdir(parents=True, exist_ok=True)
        for index, image in enumerate(samples):
            written = save_image(image, folder / f"seed{seed}-{index:05d}.png", model.depth)
    yield f"{count} samples in {folder}, the last {written.name}"


def _save_array(samples: Tensor, path: Path) -> None:
    with path.open("wb") as file:  # numpy would add its suffix to a path
        np.save(file, samples.numpy())


def choose_class(model: Model, chosen: str | None, count: int) -> Tensor | None:
    """Returns the condition [count] for the class called `chosen`, by name or number; None where none is chosen.

    Raises:
        SpecError: the model is not conditional, or has no such class.
    """
    if chosen is None:
        return None
    classes = model.classes if model.game.condition.classes else ()
    if not classes:
        raise SpecError(f"{model.path} is not conditional: it cannot be asked for class {chosen!r}")
    if chosen in classes:
        index = classes.index(chosen)
    elif chosen.isdigit() and int(chosen) < len(classes):
        index = int(chosen)
    else:
        raise SpecError(f"{model.path} has no class {chosen!r}{nearest(chosen, classes)}")
    return torch.full((count,), index)
