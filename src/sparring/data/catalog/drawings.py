"""Drawings with opacity as the items of a collection, laid over white where opacity is not kept."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sparring.data.formats.arrays import ArrayItem
from sparring.data.formats.image_format import Channels
from sparring.data.formats.pixels import Pixels
from sparring.data.image_collection import Collection
from sparring.data.split import Split, indices_of
from sparring.data.targets import Targets


def collect_drawings(
    path: Path,
    names: Sequence[str],
    drawings: Pixels,
    groups: Sequence[str],
    stamp: str,
    *,
    channels: Channels,
    split: Split,
) -> Collection:
    """Returns RGBA `drawings` uint8 [N, H, W, 4] as a collection with a class for each of the `groups` [N].

    Without opacity (`gray`, `rgb`) they lie on white, since black lines on transparency would vanish on black.
    `stamp` identifies their origin.
    """
    classes = tuple(sorted(set(groups)))
    chosen = indices_of(split, len(names))
    labels = np.array([classes.index(groups[index]) for index in chosen], np.int64)
    alpha = channels == "rgba"
    items = tuple(
        ArrayItem(names[index], stamp, drawings[index] if alpha else on_white(drawings[index]), alpha)
        for index in chosen
    )
    return Collection(path, items, targets=Targets(labels, classes))


def on_white(drawing: Pixels) -> Pixels:
    """Returns uint8 RGBA [..., 4] laid over white, RGB [..., 3]."""
    opacity = drawing[..., 3:] / np.float32(255.0)
    laid: Pixels = np.rint(drawing[..., :3] * opacity + 255.0 * (1.0 - opacity)).astype(np.uint8)
    return laid
