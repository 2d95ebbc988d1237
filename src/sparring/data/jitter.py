"""Random crops and flips, shared by the images of a pair."""

from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.errors import DataError


@dataclass(frozen=True)
class Jitter:
    """A window of `crop` (height, width) cut at a random place, then a flip left to right with probability one half.

    This is the "random jitter" of Isola et al. 2017, section 6.2: 256x256 out of 286x286, and mirroring.
    """

    mirror: bool = False
    crop: tuple[int, int] | None = None

    def window(self, sides: tuple[int, ...]) -> tuple[int, int]:
        """Returns height and width after cropping images of `sides`; raises `DataError` if the crop is larger."""
        height, width = sides
        if self.crop is None:
            return height, width
        if self.crop[0] > height or self.crop[1] > width:
            crop = f"{self.crop[0]}x{self.crop[1]}"
            raise DataError(f"data.crop: cannot cut {crop} out of images of {height}x{width}; load them larger")
        return self.crop

    def __call__(self, random: torch.Generator, *groups: Tensor) -> tuple[Tensor, ...]:
        """Returns `groups`, each [B, C, H, W] of one B, H and W, cropped and flipped alike.

        Without a crop or flips nothing is sampled from `random`.
        """
        count, _, height, width = groups[0].shape
        if self.crop is not None:
            top = torch.randint(height - self.crop[0] + 1, (count,), generator=random).tolist()
            left = torch.randint(width - self.crop[1] + 1, (count,), generator=random).tolist()
            groups = tuple(_cut(images, top, left, self.crop) for images in groups)
        if self.mirror:
            flip = torch.rand(count, 1, 1, 1, generator=random) < 0.5
            groups = tuple(torch.where(flip, images.flip(-1), images) for images in groups)
        return groups


def _cut(images: Tensor, top: list[int], left: list[int], sides: tuple[int, int]) -> Tensor:
    """Returns from each image [C, H, W] the window of `sides` at its own place."""
    height, width = sides
    places = zip(images, top, left, strict=True)
    return torch.stack([image[:, row : row + height, column : column + width] for image, row, column in places])
