"""Images with opacity as they look over a ground."""

import torch
from torch import Tensor


def has_opacity(images: Tensor) -> bool:
    """Returns whether these are images [N, C, H, W] whose last channel is opacity: gray or RGB, and opacity."""
    return images.ndim == 4 and images.shape[1] in (2, 4)


def lay_over(images: Tensor, ground: float) -> Tensor:
    """Returns images in [-1, 1] without their opacity, laid over `ground` (Porter & Duff 1984, sec. 4: `over`).

    [N, 2 or 4, H, W] become [N, 1 or 3, H, W]; images of other channel counts have no opacity and stay as they are.
    """
    if not has_opacity(images):
        return images
    colours, opacity = images[:, :-1], (images[:, -1:] + 1) / 2
    return ground + (colours - ground) * opacity


def lay_colours_over(images: Tensor, ground: float) -> Tensor:
    """Returns images of as many channels: colours laid over `ground`, where there is opacity, and that beside."""
    return torch.cat((lay_over(images, ground), images[:, -1:]), 1) if has_opacity(images) else images
