"""Compositing images with opacity over a background."""

import torch
from torch import Tensor


def has_opacity(images: Tensor) -> bool:
    """Whether these are images [N, C, H, W] with opacity as the last channel, after gray or RGB."""
    return images.ndim == 4 and images.shape[1] in (2, 4)


def composite(images: Tensor, background: float) -> Tensor:
    """Returns images in [-1, 1] composited over a `background`, without opacity (Porter & Duff 1984, sec. 4: `over`).

    [N, 2 or 4, H, W] become [N, 1 or 3, H, W]; images of other channel counts have no opacity and stay unchanged.
    """
    if not has_opacity(images):
        return images
    colours, opacity = images[:, :-1], (images[:, -1:] + 1) / 2
    return background + (colours - background) * opacity


def composite_colours(images: Tensor, background: float) -> Tensor:
    """Returns images with their colours composited over `background`; the opacity channel, if any, stays."""
    return torch.cat((composite(images, background), images[:, -1:]), 1) if has_opacity(images) else images
