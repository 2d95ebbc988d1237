"""Pictures of a game: grids of samples and scatter plots."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class SampleGrid:
    """Samples [N, *sample] in [-1, 1] to be shown as rows of `columns`, such as a code that changes along each row."""

    samples: Tensor
    columns: int

    @classmethod
    def compare(cls, upper: Tensor, lower: Tensor, columns: int) -> "SampleGrid":
        """Returns rows of `upper` [N, *sample], each over the row of `lower` [N, *sample]; no row that is not full."""
        return cls.layer((upper, lower), columns)

    @classmethod
    def layer(cls, layers: Sequence[Tensor], columns: int) -> "SampleGrid":
        """Returns a row of each of `layers`, [N, *sample] each, then their next rows; no row that is not full."""
        first = layers[0]
        columns = min(columns, len(first))
        rows = len(first) // columns
        parts = torch.stack(tuple(layers))[:, : rows * columns].view(len(layers), rows, columns, *first.shape[1:])
        return cls(parts.transpose(0, 1).flatten(0, 2), columns)


def with_channels(images: Tensor, count: int) -> Tensor:
    """Returns `images` [N, C, H, W] with `count` channels, for a grid with others: their shades, where C differs."""
    if images.shape[1] == count:
        return images
    shades = images.mean(1, keepdim=True).expand(-1, count, -1, -1)
    if count not in (2, 4):
        return shades
    return torch.cat((shades[:, :-1], torch.ones_like(shades[:, -1:])), 1)  # opaque


@dataclass(frozen=True)
class ScatterPlot:
    """Points [N, 2], such as codes, each of a group [N] (-1: what the others should look like)."""

    points: Tensor
    groups: Tensor
