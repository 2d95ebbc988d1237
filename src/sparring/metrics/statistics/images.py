"""Sets of images for metrics: common scale, checked shapes and random pairs."""

import torch
from torch import Tensor

from sparring.errors import MetricError


def signed(images: Tensor) -> Tensor:
    """Returns `images` in [-1, 1]: uint8 as float32, floating point unchanged.

    >>> signed(torch.tensor([0, 255], dtype=torch.uint8))
    tensor([-1.,  1.])
    """
    return images if images.is_floating_point() else images.float() / 127.5 - 1


def check_images(metric: str, least: int, **sets: Tensor) -> None:
    """Raises `MetricError` unless each of the named `sets` is [N, C, H, W], N at least `least`, with one image shape.

    Images are uint8, or floating in [-1, 1] and finite.
    """
    for name, images in sets.items():
        if images.ndim != 4 or 0 in images.shape[1:]:
            raise MetricError(f"{metric}: {name} images have shape {tuple(images.shape)}; needs [N, C, H, W]")
        if len(images) < least:
            raise MetricError(f"{metric}: {len(images)} {name} images are too few; needs at least {least}")
        if images.is_floating_point():
            if not bool(torch.isfinite(images).all()):
                raise MetricError(f"{metric}: some {name} images are not finite; remove them, or fix their source")
        elif images.dtype != torch.uint8:
            raise MetricError(f"{metric}: {name} images are {images.dtype}; needs uint8, or floats in [-1, 1]")
    if len({images.shape[1:] for images in sets.values()}) > 1:
        shapes = ", ".join(f"{name} {tuple(images.shape[1:])}" for name, images in sets.items())
        raise MetricError(f"{metric}: images differ in shape ({shapes}); resize them to one shape [C, H, W]")


def random_pairs(groups: Tensor, pairs: int, seed: int) -> tuple[Tensor, Tensor]:
    """Returns two index tensors [pairs]: pairs of different samples of the same group; `groups` [N] are the groups.

    Pairs are distributed evenly over the groups of at least two members, and sampled uniformly with replacement within
    a group. The same `seed` gives the same pairs.

    Raises:
        MetricError: no group has two members.
    """
    random = torch.Generator().manual_seed(seed)
    order = groups.cpu().argsort(stable=True)
    sizes = torch.unique(groups.cpu(), return_counts=True)[1]
    starts = (sizes.cumsum(0) - sizes)[sizes > 1]
    sizes = sizes[sizes > 1]
    if not len(sizes):
        raise MetricError(f"pairs: no group of the {len(groups)} samples has two members; needs more samples")
    group = torch.randperm(len(sizes), generator=random)[torch.arange(pairs) % len(sizes)]
    starts, sizes = starts[group], sizes[group]
    one, step = (torch.rand(2, pairs, generator=random, dtype=torch.float64) * torch.stack((sizes, sizes - 1))).long()
    return order[starts + one], order[starts + (one + 1 + step) % sizes]
