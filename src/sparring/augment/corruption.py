"""Noise and cutout on images."""

import torch
from torch import Tensor

from sparring.augment.draws import Draws


def add_noise_at_random(samples: Tensor, draws: Draws) -> Tensor:
    """Returns images [N, C, H, W] with Gaussian noise of a deviation |N(0, 0.1²)|, sampled for each image.

    With the probability of `draws` (Karras et al. 2020, appendix B, "image-space corruptions").
    """
    deviation = draws.maybe(draws.normal(0.1).abs(), 0)
    return samples + deviation[:, None, None, None] * draws.noise()


def cut_out_at_random(samples: Tensor, draws: Draws) -> Tensor:
    """Returns images [N, C, H, W] with a rectangle, half as high and as wide, set to 0.

    With the probability of `draws`; its centre is anywhere in the image (Karras et al. 2020, appendix B, after
    DeVries & Taylor 2017).
    """
    right, down = draws.uniform(), draws.uniform()
    return cut_out(samples, down, right, draws.maybe(torch.full_like(right, 0.5), 0))


def cut_out(samples: Tensor, down: Tensor, right: Tensor, side: Tensor) -> Tensor:
    """Returns `samples` [N, C, H, W], 0 in a rectangle about (`down`, `right`), `side` of the image long; all [N]."""
    inside = []
    for size, centre in zip(samples.shape[2:], (down, right), strict=True):
        places = (torch.arange(size, device=samples.device) + 0.5).to(samples) / size
        inside.append((places - centre[:, None]).abs() < side[:, None] / 2)
    rows, columns = inside
    return samples.masked_fill((rows[:, :, None] & columns[:, None, :])[:, None], 0)
