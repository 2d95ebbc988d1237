"""Random amplification of four bands of spatial frequency."""

import torch
from torch import Tensor

from sparring.augment.draws import Draws
from sparring.augment.geometry import octaves, reflecting

_OCTAVES = octaves()

_SHARES = (10 / 13, 1 / 13, 1 / 13, 1 / 13)
"""The shares of the four bands in the power of natural images (Karras et al. 2020, appendix B)."""


def filter_at_random(samples: Tensor, draws: Draws) -> Tensor:
    """Returns images [N, C, H, W] with each of four bands amplified with the probability of `draws`."""
    return amplify(samples, sample_gains(draws))


def sample_gains(draws: Draws) -> Tensor:
    """Returns factors [N, 4] of the bands, each changed with the probability of `draws`.

    A change is log-normal, with a deviation of one octave; all four bands are then scaled to keep the expected power
    of natural images (Karras et al. 2020, appendix B, "image-space filtering").
    """
    shares = draws.like.new_tensor(_SHARES)
    gains = torch.ones(draws.count, len(_SHARES)).to(shares)
    for band in range(len(_SHARES)):
        changed = torch.ones_like(gains)
        changed[:, band] = draws.maybe(draws.scale(1.0), 1)
        gains = gains * changed / (shares * changed.square()).sum(1, keepdim=True).sqrt()
    return gains


def amplify(samples: Tensor, gains: Tensor) -> Tensor:
    """Returns `samples` [N, C, H, W] with bands amplified by `gains` [N, 4], along rows and columns.

    The bands are separated at π/8, π/4 and π/2, lowest first; images are reflected at their edges.
    """
    filters = gains @ samples.new_tensor(_OCTAVES)
    rows, columns = (reflecting(filters, side)[:, None] for side in samples.shape[2:])
    return rows @ samples @ columns.mT
