"""Finds directions that edit a trained model's images, saves them, and draws rows of edited images."""

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
    attribute_boundary,
    factorize,
    find_space,
    find_styles,
    join_latents,
    principal_components,
    read_layers,
    shift_latents,
)

SAMPLED = 10_000
"""Latents sampled for the standard deviations along directions and for principal components."""


def find_sefa(model: Model, count: int, layers: str, seed: int = 0) -> Directions:
    """Returns the `count` directions of W that change the styles of `layers` most (SeFa); see `factorize`.

    Raises:
        SpecError: the model has no styles, no such layers, or fewer directions.
    """
    space = find_styles(model.game)
    chosen = read_layers(layers, space.network.styles)
    weights = space.network.style_weights()
    steps, strengths = factorize([weights[layer] for layer in chosen], count)
    points = find_space(model.game, "w").draw(SAMPLED, seed).points
    return Directions("w", steps * _deviations(points, steps), strengths, chosen)


def find_principal(model: Model, count: int, layers: str, seed: int = 0) -> Directions:
    """Returns the `count` principal components of W (GANSpace), to edit `layers` with.

    Raises:
        SpecError: the model has no styles, no such layers, or fewer directions.
    """
    chosen = read_layers(layers, find_styles(model.game).network.styles)
    points = find_space(model.game, "w").draw(SAMPLED, seed).points
    steps, variances = principal_components(points, count)
    return Directions("w", steps * variances.clamp_min(0).sqrt()[:, None], variances, chosen)


def find_boundary(latents: Latents, labels: Path) -> Directions:
    """Returns the one direction from `latents` labelled 0 to those labelled 1.

    `labels` is a text file of one number, 0 or 1, in each line, in the order of the latents.

    Raises:
        SparringError: the labels cannot be read, are too few or all alike, or the latents are those of W+.
    """
    if latents.space == "w+":
        raise SpecError("boundary: got latents of w+; needs latents of z or w, where each is one point")
    positive = read_binary_labels(labels).to(latents.points.device)
    steps = attribute_boundary(latents.points, positive)[None]
    difference = latents.points[positive].mean(0) - latents.points[~positive].mean(0)
    return Directions(latents.space, steps * _deviations(latents.points, steps), (steps @ difference).abs())


def read_binary_labels(path: Path) -> torch.Tensor:
    """Returns the labels [N] in a text file of a 0 or a 1 in each line; raises `DataError`."""
    try:
        lines = path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as labels ({error})") from None
    if bad := [line for line in lines if line not in ("0", "1")]:
        raise DataError(f"{path}: holds {bad[0]!r}; needs a 0 or a 1 in each line, one for each latent")
    return torch.tensor([line == "1" for line in lines], dtype=torch.bool)


def save_directions(path: Path, directions: Directions) -> None:
    """Writes directions to `path`, a `.npz` of `space`, `steps`, `strengths` and `layers`, whole or not at all."""
    file = io.BytesIO()
    steps, strengths = directions.steps.cpu().numpy(), directions.strengths.cpu().numpy()
    space, layers = np.array(directions.space), np.array(directions.layers, int)
    np.savez(file, space=space, steps=steps, strengths=strengths, layers=layers)
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
            f"{path} is damaged, or no file of directions, which `spar latent sefa` writes ({error})"
        ) from None
    if steps.ndim != 2 or not np.isfinite(steps).all() or space not in ("z", "w"):
        raise DataError(f"{path}: its directions are not finite steps [K, n] of z or w")
    return Directions(
        "z" if space == "z" else "w", torch.from_numpy(steps).float(), torch.from_numpy(strengths), layers
    )


def write_directions(
    model: Model, directions: Directions, latents: Latents, out: Path, reach: float, columns: int
) -> Iterator[str]:
    """Writes a row for each direction and latent, from -`reach` to `reach` deviations, and saves the directions too.

    Raises:
        SparringError: the latents or the directions are not this model's.
    """
    yield from write_sheet(model, edit(model, directions, latents, reach, columns), out, columns)
    target = out.with_name(f"{out.stem}-directions.npz")
    save_directions(target, directions)
    strengths = ", ".join(f"{value:.3g}" for value in directions.strengths.tolist())
    yield f"{target}: {len(directions)} directions of {directions.space}, of strengths {strengths}"


def edit(model: Model, directions: Directions, latents: Latents, reach: float, columns: int) -> Latents:
    """Returns `latents` moved along each direction, row by row: `columns` places from -`reach` to `reach`.

    Raises:
        SparringError: the latents or the directions are not this model's.
    """
    space = find_space(model.game, "w+" if directions.space == "w" else "z")
    width = space.shape[-1]
    if directions.steps.shape[1] != width or any(layer >= space.shape[0] for layer in directions.layers):
        raise ShapeError(
            f"directions: got {list(directions.steps.shape)} of {directions.space}; this model's have {width} numbers"
        )
    placed = space.place(latents)
    amounts = torch.linspace(-reach, reach, columns).tolist()
    steps = directions.steps.to(placed.points.device)
    rows = [placed[row : row + 1] for row in range(len(placed))]
    return join_latents(
        [shift_latents(row, step, amount, directions.layers) for step in steps for row in rows for amount in amounts]
    )


def pick(directions: Directions, index: int) -> Directions:
    """Returns the direction with that `index` alone; raises `SpecError` where there is none."""
    if not 0 <= index < len(directions):
        raise SpecError(f"--index: got {index}; there are {len(directions)} directions, counted from 0")
    return replace(directions, steps=directions.steps[index, None], strengths=directions.strengths[index, None])


def _deviations(points: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    """Returns the standard deviations [K, 1] of `points` [N, n] along unit vectors [K, n]."""
    return (points @ steps.T).std(0)[:, None]
