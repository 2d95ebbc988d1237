"""Pictures and videos of a trained model's latent space, each saved with its latents."""

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
    compose_styles,
    find_space,
    find_styles,
    interpolate_latents,
    mix_styles,
    read_latents,
    read_layers,
    save_latents,
    truncate,
)
from sparring.latents.interpolation import INTERPOLANTS
from sparring.latents.spaces import BATCH

STEPS = 8
"""Pictures from one latent to the next in a still picture."""


@dataclass(frozen=True)
class Motion:
    """A video format: the function that writes batches of images [N, C, H, W], pictures a second, pictures a path."""

    save: Callable[[Iterable[Tensor], Path, int], None]
    per_second: int
    steps: int


def save_gif(batches: Iterable[Tensor], path: Path, per_second: int) -> None:
    """Writes `batches` of images [N, C, H, W] in [-1, 1] to a `.gif` that loops."""
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
    """Returns the latents saved in `file`, in `space` of `model`, or in their own.

    Raises:
        SparringError: no latents, or another model's; none in that space; or no mean latent to truncate to.
    """
    saved = read_latents(file)
    find_space(model.game, saved.space).check(saved)
    latents = find_space(model.game, space or saved.space).place(saved.to(model.game.device))
    return latents if truncation is None else truncate(find_styles(model.game), latents, truncation)


def choose_path(model: Model, latents: Latents, name: str | None) -> str:
    """Returns the kind of path called `name`; without a name the one on which the model's latents lie.

    Raises:
        SpecError: no such kind of path, or a spherical one in a space that is no sphere.
    """
    name = name or ("spherical" if find_space(model.game, latents.space).spherical else "linear")
    if name not in INTERPOLANTS:
        raise SpecError(f"--along: got {name!r}, which is no kind of path{nearest(name, INTERPOLANTS)}")
    if name == "spherical" and latents.space != "z":
        raise SpecError(f"--along: {latents.space} is no sphere; go linear there, or in z")
    return name


def write_sheet(model: Model, latents: Latents, out: Path, columns: int | None = None) -> Iterator[str]:
    """Renders `latents`, writes a picture of them to `out` and saves them next to it; yields both paths."""
    yield from _write(model, model.render(latents).cpu(), columns, latents, out)


def write_interpolations(
    model: Model, latents: Latents, steps: int | None, along: str | None, out: Path, per_second: int | None = None
) -> Iterator[str]:
    """Writes interpolations between `latents`: one row per pair in a PNG, or a looping GIF or video.

    The format of `out` gives the defaults of `steps` per pair and of pictures `per_second`.

    Raises:
        SparringError: fewer than two latents or steps, no such kind of path, or a speed for a still picture.
    """
    motion = MOTIONS.get(out.suffix.lower())
    if motion is None and per_second:
        raise SpecError(f"--fps: {out.name} does not move; let --out name a {', '.join(MOTIONS)}, or leave --fps out")
    path, steps = INTERPOLANTS[choose_path(model, latents, along)], steps or (motion.steps if motion else STEPS)
    places = interpolate_latents(latents, steps, path, model.game.condition, closed=motion is not None)
    if motion is None:
        yield from write_sheet(model, places, out, steps)
        return
    batches = (model.render(places[start : start + BATCH]).cpu() for start in range(0, len(places), BATCH))
    motion.save(batches, out, per_second or motion.per_second)
    yield str(out)
    yield _save(out, places)


def write_mixture(model: Model, latents: Latents, rows: int, layers: str, out: Path) -> Iterator[str]:
    """Writes a grid: the first `rows` of `latents` at the left, each with the other latents' styles in `layers`.

    Raises:
        SparringError: the model has no styles or no such layers, or there are too few latents.
    """
    space = find_styles(model.game)
    if not 0 < rows < len(latents):
        raise SpecError(
            f"mixing: got {len(latents)} latents for {rows} rows; needs one for each row and one for each column"
        )
    whole = space.place(latents)
    left, above = whole[:rows], whole[rows:]
    mixed = mix_styles(left, above, read_layers(layers, space.network.styles))
    before, over, inside = (model.render(one).cpu() for one in (left, above, mixed))
    empty = torch.ones_like(before[:1])
    lines = [torch.cat((empty, over))]
    lines += [torch.cat((before[row, None], inside[row * len(above) :][: len(above)])) for row in range(rows)]
    yield from _write(model, torch.cat(lines), len(above) + 1, mixed, out)


def write_composition(model: Model, latents: Latents, taken: Sequence[str], out: Path) -> Iterator[str]:
    """Writes `latents`, then their composition; `taken` names a latent and its layers, as in `1:coarse`.

    Raises:
        SparringError: the model has no styles, or there are no such layers or latents.
    """
    space = find_styles(model.game)
    whole = space.place(latents)
    composed = compose_styles(whole, _read_taken(taken, space.network.styles))
    images = torch.cat((model.render(whole), model.render(composed))).cpu()
    yield from _write(model, images, len(images), composed, out)


def _read_taken(taken: Sequence[str], styles: int) -> Mapping[int, Sequence[int]]:
    layers_of: dict[int, Sequence[int]] = {}
    for text in taken:
        index, colon, layers = text.partition(":")
        if not (colon and index.isdecimal()) or int(index) in layers_of:
            raise SpecError(f"--take: got {text!r}; write LATENT:LAYERS once for each latent, as in 1:coarse or 2:4-7")
        layers_of[int(index)] = read_layers(layers, styles)
    return layers_of


def _write(model: Model, samples: Tensor, columns: int | None, latents: Latents, out: Path) -> Iterator[str]:
    """Writes samples [N, *shape], images in a grid or points in a plane, and saves `latents` next to them."""
    if out.suffix.lower() != ".png":
        raise SpecError(f"--out: got {out}; needs the name of a .png, or in `interpolate` of a {', '.join(MOTIONS)}")
    images = samples.ndim == 4
    drawing = picture(samples, columns) if images else Points(samples.numpy(), model.recipe.name).depict(samples)
    replace_file(out, lambda part: drawing.save(part, format="PNG"))
    yield str(out)
    yield _save(out, latents)


def _save(out: Path, latents: Latents) -> str:
    target = out.with_suffix(".npz")
    save_latents(target, latents)
    return f"{target}: {len(latents)} latents of {latents.space}"
