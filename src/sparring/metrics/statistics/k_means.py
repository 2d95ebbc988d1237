"""Seeded k-means clustering."""

import torch
from torch import Tensor

from sparring.errors import MetricError
from sparring.metrics.statistics.neighbours import working_precision

_ROUNDS = 300


def k_means(samples: Tensor, count: int, seed: int = 0) -> Tensor:
    """Returns `count` centers [K, d] of clusters of `samples` [N, d], in `working_precision`.

    The initial centers are samples, each chosen with probability proportional to the squared distance from the previous
    ones (k-means++, Arthur & Vassilvitskii 2007). Then samples are assigned to their nearest center and centers move to
    the mean of their samples, until no assignment changes (Lloyd 1982) or for 300 rounds.

    Raises:
        MetricError: fewer than `count` samples differ.
    """
    mean = samples.mean(0, dtype=torch.float64)
    precision = working_precision(samples)
    centered = samples.detach().to(precision) - mean.to(precision)
    centers = _initial_centers(centered, count, torch.Generator().manual_seed(seed))
    before = None
    for _ in range(_ROUNDS):
        labels = _nearest(centered, centers)
        if before is not None and torch.equal(labels, before):
            break
        before = labels
        sizes = torch.bincount(labels, minlength=count)[:, None]
        means = torch.zeros_like(centers).index_add_(0, labels, centered) / sizes.clamp(min=1)
        centers = torch.where(sizes > 0, means, centers)  # an empty cluster keeps its center
    return centers + mean.to(centers.dtype)


def _nearest(centered: Tensor, centers: Tensor) -> Tensor:
    return torch.addmm(centers.square().sum(1), centered, centers.T, alpha=-2).argmin(1)


def _initial_centers(centered: Tensor, count: int, random: torch.Generator) -> Tensor:
    norms = centered.square().sum(1)
    floor = 16 * torch.finfo(norms.dtype).eps * norms  # rounding error between copies
    squares = torch.ones_like(norms)
    chosen: list[int] = []
    while len(chosen) < count:
        if not bool(squares.any()):
            raise MetricError(f"k-means: only {len(chosen)} samples differ; needs {count} for as many centers")
        chosen.append(int(torch.multinomial(squares.cpu().double(), 1, generator=random)))
        center = centered[chosen[-1]]
        to_center = norms + norms[chosen[-1]] - 2 * centered @ center
        to_center = torch.where(to_center > floor, to_center, 0.0)
        squares = to_center if len(chosen) == 1 else squares.minimum(to_center)
    return centered[chosen]
