"""Large images through a network in overlapping tiles."""

from collections.abc import Callable

import torch
from torch import Tensor

from sparring.errors import ShapeError


def tiled(network: Callable[[Tensor], Tensor], images: Tensor, tile: int, overlap: int, multiple: int = 4) -> Tensor:
    """Returns the output of a convolutional `network` for `images` [N, C, H, W], computed tile by tile.

    Tiles of `tile` x `tile` pixels, the last ones up to `multiple` - 1 longer, share `overlap` pixels with their
    neighbours. The outer quarter of the overlap is context only; in its middle half one tile is faded into the next.
    The result equals that of the whole image if the receptive field is at most overlap/4 pixels each way (84 in a
    `ResNetTranslator` of 9 blocks), except for normalizations over all of the input. An image smaller than a tile is a
    single tile. `tile` and `overlap` are multiples of the network's `side_multiple`, which aligns strides across tiles.

    Raises:
        ShapeError: `tile` or `overlap` is no such multiple, or the tile is not larger than the overlap.
    """
    if tile % multiple or overlap % multiple or not 0 <= overlap < tile:
        raise ShapeError(
            f"tile={tile}, overlap={overlap}: needs multiples of {multiple}, the overlap from 0 to less than the tile"
        )
    rows, columns = (_windows(side, tile, overlap, multiple, images) for side in images.shape[2:])
    whole: Tensor | None = None
    for top, vertical in rows:
        for left, horizontal in columns:
            bottom, right = top + len(vertical), left + len(horizontal)
            part = network(images[..., top:bottom, left:right]) * vertical[:, None] * horizontal
            if whole is None:
                whole = part.new_zeros(*part.shape[:2], *images.shape[2:])
            whole[..., top:bottom, left:right] += part
    assert whole is not None
    return whole


def _windows(side: int, tile: int, overlap: int, multiple: int, images: Tensor) -> list[tuple[int, Tensor]]:
    """Returns the start of each tile along a side, and the weights of its pixels, which sum to one at each pixel."""
    last = max(side - tile, 0) // multiple * multiple
    starts = [*range(0, last, tile - overlap), last]
    stops = [start + tile for start in starts[:-1]] + [side]
    weights = torch.zeros(len(starts), side, dtype=torch.float64)
    for index, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        rise = _ramp(stop - start, overlap) if start else torch.ones(stop - start, dtype=torch.float64)
        fall = _ramp(stop - start, overlap).flip(0) if stop < side else torch.ones_like(rise)
        weights[index, start:stop] = rise * fall
    weights = (weights / weights.sum(0)).to(images)
    return [(start, weights[index, start:stop]) for index, (start, stop) in enumerate(zip(starts, stops, strict=True))]


def _ramp(length: int, overlap: int) -> Tensor:
    """Returns weights [length]: 0 on the outer quarter of the overlap, 1 from its inner quarter on, linear between."""
    places = torch.arange(length, dtype=torch.float64) + 0.5
    return ((places - overlap / 4) / (overlap / 2)).clamp(0, 1) if overlap else torch.ones_like(places)
