"""The facts of a data set, and a contact sheet, for people."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from sparring.data.dataset import Dataset
from sparring.data.formats.image_format import channel_name
from sparring.data.pictures import picture
from sparring.data.provenance import Provenance
from sparring.data.source import Loading, Source
from sparring.data.targets import Labels

_COLUMNS, _ROWS = 16, 12
_MOST_CLASSES = 40
_PAIR_COLUMNS, _PAIR_ROWS = 6, 8
_POINTS = 1500
_WIDTH = 1200
_NAME_WIDTH, _NAME_HEIGHT = 140, 12


@dataclass(frozen=True)
class Exhibit:
    """Contents, origin, licence and files of a set, as `lines`, and a contact `sheet` of its samples."""

    lines: tuple[str, ...]
    sheet: Image.Image


def exhibit(source: Source, loading: Loading = Loading()) -> Exhibit:
    """Returns the facts and the contact sheet of a source's set; raises as `Source.load` does.

    The sheet shows a row for each class, or pairs of source and target side by side, or samples spread evenly.
    """
    data = source.load(loading)
    if data.condition.shape:
        samples = f"{_shape(data.shape)}, each conditioned on one of {_shape(data.condition.shape)}"
        classes, sheet = "none", _pairs(data)
    elif data.targets is not None and data.targets.kind == "attributes":
        listed = ", ".join(data.targets.describe())
        samples, sheet = _shape(data.shape), _samples(data)
        classes = f"none, but {len(data.attributes)} numbers, means: {listed}"
    elif data.labels is not None:
        labels = data.labels
        counts = np.bincount(labels[labels >= 0], minlength=len(data.classes))
        listed = ", ".join(f"{name} {count:,}" for name, count in zip(data.classes, counts, strict=True))
        unlabelled = f"; {np.count_nonzero(labels < 0):,} unlabelled" if (labels < 0).any() else ""
        samples, classes = _shape(data.shape), f"{len(data.classes)}: {listed}{unlabelled}"
        sheet = _classes(data, labels)
    else:
        samples, classes, sheet = _shape(data.shape), "none", _samples(data)
    facts = data.facts
    lost = f"; {facts.skipped} unreadable, {facts.left_out} left out" if facts.skipped or facts.left_out else ""
    first = f"{data.name}: {len(data):,} samples of {samples}, {facts.depth} bit{lost}"
    origins = [line for provenance in source.provenance(loading) for line in _describe(provenance)]
    return Exhibit((first, f"classes: {classes}", *origins, f"digest: {data.digest}"), sheet)


def _describe(data: Provenance) -> Iterator[str]:
    yield f"{data.name}: {data.origin}"
    yield f"  licence: {data.licence}"
    for path, digest in data.files:
        yield f"  {path}  SHA-256 {digest}"


def _shape(shape: tuple[int, ...]) -> str:
    if len(shape) != 3:
        return f"shape {shape}"
    channels, height, width = shape
    return f"{channel_name(channels)} {height}x{width}"


def _draw(data: Dataset, indices: Labels) -> tuple[Tensor, Tensor | None]:
    return data.batch(indices, torch.Generator().manual_seed(0))


def _spread(indices: Labels, count: int) -> Labels:
    """Returns up to `count` of `indices`, evenly spread."""
    places = np.linspace(0, len(indices) - 1, min(count, len(indices)))
    chosen: Labels = indices[places.astype(np.int64)]
    return chosen


def _samples(data: Dataset) -> Image.Image:
    if len(data.shape) != 3:
        return data.depict(_draw(data, _spread(np.arange(len(data)), _POINTS))[0])
    samples, _ = _draw(data, _spread(np.arange(len(data)), _COLUMNS * _ROWS))
    return picture(samples, _COLUMNS, scale=_scale(samples, _COLUMNS))


def _classes(data: Dataset, labels: Labels) -> Image.Image:
    """Returns a row for each of the first classes, with its name at the left."""
    rows: list[Tensor] = []
    for index in range(min(len(data.classes), _MOST_CLASSES)):
        chosen = _spread(np.flatnonzero(labels == index), _COLUMNS)
        blank = torch.ones(_COLUMNS - len(chosen), *data.shape)
        rows.append(torch.cat((_draw(data, chosen)[0], blank)))
    samples = torch.cat(rows)
    scale = _scale(samples, _COLUMNS)
    grid = picture(samples, _COLUMNS, scale=scale).convert("RGB")
    sheet = Image.new("RGB", (_NAME_WIDTH + grid.width, grid.height), "white")
    sheet.paste(grid, (_NAME_WIDTH, 0))
    pen, pitch = ImageDraw.Draw(sheet), (samples.shape[2] + 1) * scale
    for index in range(len(rows)):
        middle = index * pitch + (pitch - _NAME_HEIGHT) // 2
        pen.text((4, middle), data.classes[index][:22], fill="black")
    return sheet


def _pairs(data: Dataset) -> Image.Image:
    """Returns pairs: the condition at the left, the sample at the right."""
    samples, sources = _draw(data, _spread(np.arange(len(data)), _PAIR_COLUMNS * _PAIR_ROWS))
    assert sources is not None
    tiles = torch.cat((_with_opacity(sources), _with_opacity(samples)), 3)
    return picture(tiles, _PAIR_COLUMNS, gap=4, scale=_scale(tiles, _PAIR_COLUMNS))


def _with_opacity(images: Tensor) -> Tensor:
    """Returns images of any channel count as RGBA, as `picture` shows them."""
    channels = images.shape[1]
    colours = images[:, :1].expand(-1, 3, -1, -1) if channels <= 2 else images[:, :3]
    opacity = images[:, -1:] if channels in (2, 4) else torch.ones_like(images[:, :1])
    return torch.cat((colours, opacity), 1)


def _scale(tiles: Tensor, columns: int) -> int:
    return max(1, _WIDTH // (columns * tiles.shape[3]))
