"""Pictures of a trained model's latent space, each with the latents that it shows beside it."""

import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from sparring.data import Points, picture
from sparring.errors import SpecError, nearest
from sparring.files import replace_bytes, replace_file
from sparring.latents import (
    Latents,
    compose,
    find_space,
    find_styles,
    interpolate,
    mix,
    read_latents,
    read_layers,
    save_latents,
    truncate,
)
from sparring.latents.interpolation import WAYS
from sparring.recipes.model import Model

MOVING = ".gif"


def take_latents(model: Model, file: Path, space: str | None = None, truncation: float | None = None) -> Latents:
    """Returns the latents saved in `file`, in the named `space` of `model`, or the one that they are of.

    Raises:
        SparringError: there are none, they are not this model's or not in that space, or it has no mean latent.
    """
    saved = read_latents(file)
    find_space(model.game, saved.space).check(saved)
    latents = find_space(model.game, space or saved.space).place(saved.to(model.game.device))
    return latents if truncation is None else truncate(find_styles(model.game), latents, truncation)


def choose_way(model: Model, latents: Latents, name: str | None) -> str:
    """Returns `name`, or without one the kind of way that goes where the model's latents lie.

    Raises:
        SpecError: there is no such kind of way, or none on a sphere in that space.
    """
    name = name or ("spherical" if find_space(model.game, latents.space).spherical else "linear")
    if name not in WAYS:
        raise SpecError(f"--along: got {name!r}, which is no way{nearest(name, WAYS)}")
    if name == "spherical" and latents.space != "z":
        raise SpecError(f"--along: {latents.space} is no sphere; go linear there, or in z")
    return name


def write_sheet(model: Model, latents: Latents, out: Path, columns: int | None = None) -> Iterator[str]:
    """Renders `latents`, writes a picture of them to `out` and themselves beside it, and yields both paths."""
    yield from _write(model, model.render(latents).cpu(), columns, latents, out)


def write_ways(
    model: Model, latents: Latents, steps: int, along: str | None, out: Path, milliseconds: int = 60
) -> Iterator[str]:
    """Writes the ways between `latents` to `out`: a row for each, or in a `.gif` a picture that moves in a circle.

    Raises:
        SparringError: there are fewer than two latents or steps, or no such way.
    """
    moves = out.suffix.lower() == MOVING
    way = WAYS[choose_way(model, latents, along)]
    places = interpolate(latents, steps, way, model.game.condition, closed=moves)
    if not moves:
        yield from write_sheet(model, places, out, steps)
        return
    frames = [picture(image[None]).convert("RGB") for image in model.render(places).cpu()]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=milliseconds, loop=0)
    replace_bytes(out, file.getvalue())
    yield str(out)
    yield _save_beside(out, places)


def write_mixture(model: Model, latents: Latents, rows: int, layers: str, out: Path) -> Iterator[str]:
    """Writes a grid of the first `rows` of `latents`, at its left, with styles of the others, above it, in `layers`.

    Raises:
        SparringError: the model has no styles, no such layers, or there are too few latents.
    """
    space = find_styles(model.game)
    if not 0 < rows < len(latents):
        raise SpecError(
            f"mixing: got {len(latents)} latents for {rows} rows; needs one a row, and one a column besides"
        )
    whole = space.place(latents)
    left, above = whole[:rows], whole[rows:]
    mixed = mix(left, above, read_layers(layers, space.network.styles))
    before, over, inside = (model.render(one).cpu() for one in (left, above, mixed))
    empty = torch.ones_like(before[:1])
    lines = [torch.cat((empty, over))]
    lines += [torch.cat((before[row, None], inside[row * len(above) :][: len(above)])) for row in range(rows)]
    yield from _write(model, torch.cat(lines), len(above) + 1, mixed, out)


def write_composition(model: Model, latents: Latents, taken: Sequence[str], out: Path) -> Iterator[str]:
    """Writes `latents`, then the one that has layers of several of them; `taken` says which, as in `1:coarse`.

    Raises:
        SparringError: the model has no styles, no such layers or latents, or they cannot be read.
    """
    space = find_styles(model.game)
    whole = space.place(latents)
    composed = compose(whole, _read_taken(taken, space.network.styles))
    shown = torch.cat((model.render(whole), model.render(composed))).cpu()
    yield from _write(model, shown, len(shown), composed, out)


def _read_taken(taken: Sequence[str], styles: int) -> Mapping[int, Sequence[int]]:
    found: dict[int, Sequence[int]] = {}
    for text in taken:
        index, colon, layers = text.partition(":")
        if not (colon and index.isdecimal()) or int(index) in found:
            raise SpecError(f"--take: got {text!r}; write LATENT:LAYERS once for each latent, as in 1:coarse or 2:4-7")
        found[int(index)] = read_layers(layers, styles)
    return found


def _write(model: Model, samples: Tensor, columns: int | None, latents: Latents, out: Path) -> Iterator[str]:
    """Writes samples [N, *shape], images in a grid or points in a plane, and `latents` beside them."""
    if out.suffix.lower() != ".png":
        raise SpecError(f"--out: got {out}; needs the name of a .png, or in `interpolate` of a .gif")
    images = samples.ndim == 4
    shown = picture(samples, columns) if images else Points(samples.numpy(), model.recipe.name).depict(samples)
    replace_file(out, lambda beside: shown.save(beside, format="PNG"))
    yield str(out)
    yield _save_beside(out, latents)


def _save_beside(out: Path, latents: Latents) -> str:
    beside = out.with_suffix(".npz")
    save_latents(beside, latents)
    return f"{beside}: {len(latents)} latents of {latents.space}"
