"""Directions in which a trained model's images are edited: found, saved, and shown as rows of pictures."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch

from sparring.errors import DataError, ShapeError, SpecError
from sparring.files import replace_bytes
from sparring.inference.latent_tools import write_sheet
from sparring.inference.model import Model
from sparring.latents import (
    Directions,
    Latents,
    boundary,
    factorize,
    find_space,
    find_styles,
    move,
    principal,
    read_layers,
)
from sparring.latents.latent import join

DRAWN = 10_000
"""Latents that tell how far to go along a direction, and that principal components are those of."""


def find_sefa(model: Model, count: int, layers: str, seed: int = 0) -> Directions:
    """Returns the `count` directions of W that change the styles of `layers` most (SeFa); see `factorize`.

    Raises:
        SpecError: the model has no styles, no such layers, or fewer directions.
    """
    space = find_styles(model.game)
    chosen = read_layers(layers, space.network.styles)
    weights = space.network.style_weights()
    steps, strengths = factorize([weights[layer] for layer in chosen], count)
    drawn = find_space(model.game, "w").draw(DRAWN, seed).points
    return Directions("w", steps * _reach(drawn, steps), strengths, chosen)


def find_principal(model: Model, count: int, layers: str, seed: int = 0) -> Directions:
    """Returns the `count` principal components of W (GANSpace), to be gone along in `layers`.

    Raises:
        SpecError: the model has no styles, no such layers, or fewer directions.
    """
    chosen = read_layers(layers, find_styles(model.game).network.styles)
    drawn = find_space(model.game, "w").draw(DRAWN, seed).points
    steps, variances = principal(drawn, count)
    return Directions("w", steps * variances.clamp_min(0).sqrt()[:, None], variances, chosen)


def find_boundary(latents: Latents, labels: Path) -> Directions:
    """Returns the direction, one, that leads from `latents` whose label is 0 to those whose label is 1.

    `labels` is a text file of one number, 0 or 1, in each line, in the order of the latents.

    Raises:
        SparringError: the labels cannot be read, are too few or all alike, or the latents are those of W+.
    """
    if latents.space == "w+":
        raise SpecError("boundary: got latents of w+; needs some of z or w, where each is one point")
    having = read_labels(labels).to(latents.points.device)
    steps = boundary(latents.points, having)[None]
    apart = latents.points[having].mean(0) - latents.points[~having].mean(0)
    return Directions(latents.space, steps * _reach(latents.points, steps), (steps @ apart).abs())


def read_labels(path: Path) -> torch.Tensor:
    """Returns the labels [N], true or false, in a text file of a 0 or a 1 in each line; raises `DataError`."""
    try:
        lines = path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as labels ({error})") from None
    if bad := [line for line in lines if line not in ("0", "1")]:
        raise DataError(f"{path}: holds {bad[0]!r}; needs a 0 or a 1 in each line, one for each latent")
    return torch.tensor([line == "1" for line in lines], dtype=torch.bool)


def save_directions(path: Path, found: Directions) -> None:
    """Writes directions to `path`, a `.npz` of `space`, `steps`, `strengths` and `layers`, whole or not at all."""
    file = io.BytesIO()
    steps, strengths = found.steps.cpu().numpy(), found.strengths.cpu().numpy()
    np.savez(file, space=np.array(found.space), steps=steps, strengths=strengths, layers=np.array(found.layers, int))
    replace_bytes(path, file.getvalue())


def read_directions(path: Path) -> Directions:
    """Returns the directions saved at `path`; raises `DataError` where there are none, or damaged ones."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            space, steps, strengths = str(file["space"]), file["steps"], file["strengths"]
            layers = tuple(int(layer) for layer in file["layers"])
    except FileNotFoundError:
        raise DataError(f"there are no directions at {path}") from None
    except (OSError, ValueError, TypeError, KeyError, EOFError, AttributeError, BadZipFile) as error:
        raise DataError(
            f"{path} is damaged, or no file of directions, as `spar latent sefa` writes ({error})"
        ) from None
    if steps.ndim != 2 or not np.isfinite(steps).all() or space not in ("z", "w"):
        raise DataError(f"{path}: its directions are not finite steps [K, n] of z or w")
    return Directions(
        "z" if space == "z" else "w", torch.from_numpy(steps).float(), torch.from_numpy(strengths), layers
    )


def write_directions(
    model: Model, found: Directions, latents: Latents, out: Path, reach: float, columns: int
) -> Iterator[str]:
    """Writes a row for each direction and latent, from -`reach` to `reach` deviations, and the directions beside.

    Raises:
        SparringError: the latents or the directions are not this model's.
    """
    yield from write_sheet(model, edit(model, found, latents, reach, columns), out, columns)
    beside = out.with_name(f"{out.stem}-directions.npz")
    save_directions(beside, found)
    strengths = ", ".join(f"{value:.3g}" for value in found.strengths.tolist())
    yield f"{beside}: {len(found)} directions of {found.space}, of strengths {strengths}"


def edit(model: Model, found: Directions, latents: Latents, reach: float, columns: int) -> Latents:
    """Returns `latents` moved along each direction, row by row: `columns` places from -`reach` to `reach`.

    Raises:
        SparringError: the latents or the directions are not this model's.
    """
    space = find_space(model.game, "w+" if found.space == "w" else "z")
    width = space.shape[-1]
    if found.steps.shape[1] != width or any(layer >= space.shape[0] for layer in found.layers):
        raise ShapeError(
            f"directions: got {list(found.steps.shape)} of {found.space}; this model's have {width} numbers"
        )
    placed = space.place(latents)
    amounts = torch.linspace(-reach, reach, columns).tolist()
    steps = found.steps.to(placed.points.device)
    rows = [placed[row : row + 1] for row in range(len(placed))]
    return join([move(row, step, amount, found.layers) for step in steps for row in rows for amount in amounts])


def pick(found: Directions, index: int) -> Directions:
    """Returns one of several directions; raises `SpecError` where there is none of that `index`."""
    if not 0 <= index < len(found):
        raise SpecError(f"--index: got {index}; there are {len(found)} directions, counted from 0")
    return replace(found, steps=found.steps[index, None], strengths=found.strengths[index, None])


def _reach(drawn: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    """Returns the standard deviations [K, 1] of `drawn` [N, n] along unit vectors [K, n]."""
    return (drawn @ steps.T).std(0)[:, None]
