"""Centers of clusters: k-means, seeded."""

import torch
from torch import Tensor

from sparring.errors import MetricError
from sparring.metrics.statistics.neighbours import working_precision

_ROUNDS = 300


def k_means(samples: Tensor, count: int, seed: int = 0) -> Tensor:
    """Returns `count` centers [K, d] of clusters of `samples` [N, d], in `working_precision`.

    The first centers are samples, each drawn with a probability in proportion to the squared distance from those
    before it (k-means++, Arthur & Vassilvitskii 2007); then samples go to their nearest center and centers to the
    mean of their samples, in turns, until no sample moves (Lloyd 1982) or for 300 turns. The same seed gives the same
    centers.

    Raises:
        MetricError: fewer than `count` samples differ.
    """
    mean = samples.mean(0, dtype=torch.float64)
    precision = working_precision(samples)
    places = samples.detach().to(precision) - mean.to(precision)
    centers = _scattered(places, count, torch.Generator().manual_seed(seed))
    before = None
    for _ in range(_ROUNDS):
        labels = _nearest(places, centers)
        if before is not None and torch.equal(labels, before):
            break
        before = labels
        sizes = torch.bincount(labels, minlength=count)[:, None]
        means = torch.zeros_like(centers).index_add_(0, labels, places) / sizes.clamp(min=1)
        centers = torch.where(sizes > 0, means, centers)  # one that lost all its samples stays where it is
    return centers + mean.to(centers.dtype)


def _nearest(places: Tensor, centers: Tensor) -> Tensor:
    return torch.addmm(centers.square().sum(1), places, centers.T, alpha=-2).argmin(1)


def _scattered(places: Tensor, count: int, random: torch.Generator) -> Tensor:
    norms = places.square().sum(1)
    floor = 16 * torch.finfo(norms.dtype).eps * norms  # what rounding leaves between copies
    squares = torch.ones_like(norms)
    chosen: list[int] = []
    while len(chosen) < count:
        if not bool(squares.any()):
            raise MetricError(f"k-means: no more than {len(chosen)} samples differ; needs {count} for as many centers")
        chosen.append(int(torch.multinomial(squares.cpu().double(), 1, generator=random)))
        center = places[chosen[-1]]
        to_center = norms + norms[chosen[-1]] - 2 * places @ center
        to_center = torch.where(to_center > floor, to_center, 0.0)
        squares = to_center if len(chosen) == 1 else squares.minimum(to_center)
    return places[chosen]
