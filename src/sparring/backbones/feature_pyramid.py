"""A network that returns feature maps of several depths."""

from collections.abc import Iterable

from torch import Tensor, nn


class FeaturePyramid(nn.Module):
    """A network whose feature maps at several depths are compared by perceptual distances.

    `channels` are those of its maps; images need at least `smallest` rows and columns for the last map.
    """

    channels: tuple[int, ...]
    smallest = 1

    def pyramid(self, images: Tensor) -> tuple[Tensor, ...]:
        """Returns a map [B, c, h, w] for each of `channels`, of `images` [B, 3, H, W], 0 to 255."""
        raise NotImplementedError


def tapped(layers: Iterable[nn.Module], maps: Tensor, taps: tuple[int, ...]) -> tuple[Tensor, ...]:
    """Returns the outputs of the layers at the indices `taps`, ascending, when `maps` pass through all layers.

    >>> import torch
    >>> [float(maps) for maps in tapped([nn.Flatten(0), nn.ReLU(), nn.Identity()], torch.tensor([-2.0]), (0, 1))]
    [-2.0, 0.0]
    """
    outputs = []
    for index, layer in zip(range(taps[-1] + 1), layers, strict=False):
        maps = layer(maps)
        if index in taps:
            outputs.append(maps)
    return tuple(outputs)
