"""Coverage of the modes of a known mixture, and its evenness."""

from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.errors import ShapeError

HIGH_QUALITY = 3.0
"""A sample within this many standard deviations of its nearest mode is of high quality (Lin et al. 2018)."""


@dataclass(frozen=True)
class Modes:
    """`found` of `count` modes have a sample of high quality; `high_quality` is the share of such samples.

    `divergence` is KL(histogram of nearest modes ‖ uniform), in nats.
    """

    found: int
    count: int
    high_quality: float
    divergence: float

    @property
    def missed(self) -> int:
        """Modes without a sample of high quality."""
        return self.count - self.found


def count_modes(samples: Tensor, centers: Tensor, deviation: float) -> Modes:
    """Returns how `samples` [N, d] cover Gaussians of one `deviation` around `centers` [M, d] (Lin et al. 2018).

    A sample is of high quality within three standard deviations of its nearest mode, by Euclidean distance; a mode
    is found when one such sample is nearest to it. All samples count in the histogram of nearest modes.

    Raises:
        ShapeError: no samples, or other dimensions than those of the centers.

    >>> count_modes(torch.tensor([[0.0], [0.1], [9.0], [5.0]]), torch.tensor([[0.0], [9.0]]), deviation=0.1)
    Modes(found=2, count=2, high_quality=0.75, divergence=0.0)
    """
    if samples.ndim != 2 or centers.ndim != 2 or samples.shape[1] != centers.shape[1] or not len(samples):
        raise ShapeError(
            f"count_modes: got samples {tuple(samples.shape)} and centers {tuple(centers.shape)}; "
            "needs [N, d] and [M, d], N at least 1"
        )
    distance, nearest = torch.cdist(samples.double(), centers.double()).min(1)
    good = distance <= HIGH_QUALITY * deviation
    shares = torch.bincount(nearest, minlength=len(centers)).double() / len(samples)
    occupied = shares[shares > 0]
    return Modes(
        found=int(torch.bincount(nearest[good], minlength=len(centers)).count_nonzero()),
        count=len(centers),
        high_quality=float(good.double().mean()),
        divergence=float((occupied * (occupied * len(centers)).log()).sum()),
    )
