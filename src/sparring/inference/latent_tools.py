"""Pictures of a trained model's latent space, each with the latents that it shows beside it."""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from sparring.data import Points, picture, save_video
from sparring.errors import SpecError, nearest
from sparring.files import replace_bytes, replace_file
from sparring.inference.model import Model
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
from sparring.latents.spaces import BATCH

STEPS = 8
"""Pictures of a way that stands still."""


@dataclass(frozen=True)
class Motion:
    """A kind of file that moves: what writes batches of images [N, C, H, W] to it, how fast, how many a way."""

    save: Callable[[Iterable[Tensor], Path, int], None]
    per_second: int
    steps: int


def save_gif(batches: Iterable[Tensor], path: Path, per_second: int) -> None:
    """Writes images, which come in `batches` [N, C, H, W] in [-1, 1], to a `.gif` that repeats for ever."""
    frames = [picture(image[None]).convert("RGB") for images in batches for image in images]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=round(1000 / per_second), loop=0)
    replace_bytes(path, file.getvalue())


MOTIONS = {
    ".gif": Motion(save_gif, per_second=16, steps=STEPS),
    ".mp4": Motion(save_video, per_second=30, steps=60),
    ".webm": Motion(save_video, per_second=30, steps=60),
}


def load_latents(model: Model, file: Path, space: str | None = None, truncation: float | None = None) -> Latents:
    """Returns the latents saved in `file`, in the named `space` of `model`, or the one that they are of.

    Raises:
        SparringError: there are none, they are not this model's or not in that space, or it has no mean latent.
    """
    saved = read_latents(file)
    find_space(model.game, saved.space).check(saved)
    latents = find_space(model.game, space or saved.space).place(saved.to(model.game.device))
    return latents if truncation is None else truncate(find_styles(model.game), latents, truncation)


def choose_path(model: Model, latents: Latents, name: str | None) -> str:
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


def write_interpolations(
    model: Model, latents: Latents, steps: int | None, along: str | None, out: Path, per_second: int | None = None
) -> Iterator[str]:
    """Writes the ways between `latents` to `out`: a row for each, or in one of `MOTIONS` pictures that go in a circle.

    Each way has as many `steps`, and each second as many pictures, as `out`'s kind of file does by default.

    Raises:
        SparringError: there are fewer than two latents or steps, no such way, or a speed of what does not move.
    """
    motion = MOTIONS.get(out.suffix.lower())
    if motion is None and per_second:
        raise SpecError(f"--fps: {out.name} does not move; let --out name a {', '.join(MOTIONS)}, or leave --fps out")
    way, steps = WAYS[choose_path(model, latents, along)], steps or (motion.steps if motion else STEPS)
    places = interpolate(latents, steps, way, model.game.condition, closed=motion is not None)
    if motion is None:
        yield from write_sheet(model, places, out, steps)
        return
    batches = (model.render(places[start : start + BATCH]).cpu() for start in range(0, len(places), BATCH))
    motion.save(batches, out, per_second or motion.per_second)
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
        raise SpecError(f"--out: got {out}; needs the name of a .png, or in `interpolate` of a {', '.join(MOTIONS)}")
    images = samples.ndim == 4
    shown = picture(samples, columns) if images else Points(samples.numpy(), model.recipe.name).depict(samples)
    replace_file(out, lambda beside: shown.save(beside, format="PNG"))
    yield str(out)
    yield _save_beside(out, latents)


def _save_beside(out: Path, latents: Latents) -> str:
    beside = out.with_suffix(".npz")
    save_latents(beside, latents)
    return f"{beside}: {len(latents)} latents of {latents.space}"
