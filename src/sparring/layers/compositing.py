"""Images with opacity as they look over a ground."""

from torch import Tensor


def has_opacity(images: Tensor) -> bool:
    """Returns whether the last channel of `images` [N, C, ...] is opacity: gray or RGB, and opacity."""
    return images.shape[1] in (2, 4)


def lay_over(images: Tensor, ground: float) -> Tensor:
    """Returns images in [-1, 1] without their opacity, laid over `ground` (Porter & Duff 1984, sec. 4: `over`).

    [N, 2 or 4, H, W] become [N, 1 or 3, H, W]; images of other channel counts have no opacity and stay as they are.
    """
    if not has_opacity(images):
        return images
    colours, opacity = images[:, :-1], (images[:, -1:] + 1) / 2
    return ground + (colours - ground) * opacity
