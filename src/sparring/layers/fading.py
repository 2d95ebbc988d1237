"""The image ends of progressive networks: layers between grids and images, and fading in the newest."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, interpolate

from sparring.layers.equalized import GAIN, EqualizedConvolution, activate


def highest(levels: int) -> range:
    """Returns the levels with layers to and from images: the two highest of `levels`, or the only one.

    >>> list(highest(5)), list(highest(1))
    ([3, 4], [0])
    """
    return range(max(levels - 2, 0), levels)


class ToImages(nn.ModuleDict):
    """Grids to an image of `channels`: a linear 1x1 convolution for each of the highest levels, keyed by level."""

    def __init__(self, widths: Sequence[int], channels: int) -> None:
        super().__init__(
            {str(level): EqualizedConvolution(widths[level], channels, 1) for level in highest(len(widths))}
        )

    def forward(self, grids: Sequence[Tensor], alpha: Tensor) -> Tensor:
        """Returns the image [N, C, H, W] of the highest grids, lowest first, in full precision.

        Interpolates from the upsampled image of the lower grid to that of the highest by `alpha` (Karras et al. 2018,
        fig. 2).
        """
        images: list[Tensor] = [paint(grid) for paint, grid in zip(self.values(), grids, strict=True)]
        image, *larger = (image.to(torch.promote_types(image.dtype, torch.float32)) for image in images)
        for newest in larger:
            image = torch.lerp(interpolate(image, newest.shape[2:]), newest, alpha.to(newest.dtype))
        return image


class FromImages(nn.ModuleDict):
    """An image of `channels` to grids: a 1x1 convolution and leaky ReLU for each of the highest levels."""

    def __init__(self, channels: int, widths: Sequence[int]) -> None:
        super().__init__(
            {str(level): EqualizedConvolution(channels, widths[level], 1) for level in highest(len(widths))}
        )

    def forward(self, image: Tensor, level: int) -> Tensor:
        """Returns the grid [N, width, H, W] of `level` for an `image` [N, C, H, W]."""
        grid: Tensor = self[str(level)](image, GAIN)
        return activate(grid)


def halve(images: Tensor) -> Tensor:
    """Returns `images` [N, C, H, W] at half their size, rounded up: means over 2x2 pixels, even shares of odd sides."""
    height, width = images.shape[2:]
    return adaptive_avg_pool2d(images, ((height + 1) // 2, (width + 1) // 2))
