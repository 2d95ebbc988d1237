"""Distances between all samples of two sets, in tiles, and nearest neighbours."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from sparring.errors import MetricError
from sparring.metrics.metric import check_features

_TILE = 1024
"""Samples along a side of a tile: 4 MiB of float32 stay in the processor's cache."""

_FEW = 128
"""Up to this many dimensions the products are a small part of the work, and float64 costs little."""

_ROUNDINGS = 16
"""A matrix product's relative error, in units of the last place; the largest observed for a sample with itself is 6."""


@dataclass(frozen=True)
class Tile:
    """Squared distances `squares` [b, c] between samples `rows` of the first set and `columns` of the second."""

    rows: slice
    columns: slice
    squares: Tensor


@dataclass(frozen=True)
class _Points:
    """Centered samples [N, d] and their squared norms [N]."""

    places: Tensor
    norms: Tensor

    def __getitem__(self, part: slice) -> "_Points":
        return _Points(self.places[part], self.norms[part])


def squared_distances(one: Tensor, other: Tensor) -> Iterator[Tile]:
    """Yields the squared Euclidean distances between `one` [N, d] and `other` [M, d] in tiles that cover [N, M].

    They are computed from matrix products, ‖x - y‖² = ‖x‖² + ‖y‖² - 2 x·y, with x and y centered at the mean of both
    sets, against cancellation. The products are float64 if a set is, or has at most 128 dimensions, else float32, with
    errors of some 10⁻⁶ of the squared norms. Squares below that error are exactly 0: copies have distance 0, and no
    square is negative.

    `squares` is on the samples' device, and is overwritten by the next tile. Memory grows with N + M.
    """
    first, second = _centred(one, other)
    buffer = first.places.new_empty(_TILE * _TILE)
    for rows in _parts(len(one)):
        for columns in _parts(len(other)):
            yield Tile(rows, columns, _squares(first[rows], second[columns], buffer))


def squared_distances_within(samples: Tensor) -> Iterator[Tile]:
    """Yields `squared_distances` of `samples` [N, d] among themselves, each pair once.

    Each sample is infinitely far from itself. Tiles on the diagonal are complete, with each pair in both orders; only
    tiles below the diagonal follow. After a diagonal tile, all pairs among the samples so far have been yielded.
    """
    (points,) = _centred(samples)
    buffer = points.places.new_empty(_TILE * _TILE)
    for rows in _parts(len(samples)):
        for columns in _parts(rows.stop):
            squares = _squares(points[rows], points[columns], buffer)
            if rows == columns:
                squares.fill_diagonal_(torch.inf)
            yield Tile(rows, columns, squares)


def nearest_others(samples: Tensor, k: int) -> Tensor:
    """Returns the squared distances [N, k], least first, from each of `samples` [N, d] to its k nearest others.

    The dtype is that of the products in `squared_distances`. `k` is less than N. Copies of a sample count as others.
    """
    nearest = torch.full((len(samples), k), torch.inf, device=samples.device, dtype=working_precision(samples))
    for tile in squared_distances_within(samples):
        nearest[tile.rows] = _smallest(nearest[tile.rows], tile.squares)
        if tile.columns != tile.rows:
            nearest[tile.columns] = _smallest(nearest[tile.columns], tile.squares.T.contiguous())
    return nearest


def nearest_neighbour(queries: Tensor, samples: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the distances [M], float64, and the indices [M] of the nearest of `samples` [N, d] to `queries` [M, d].

    Of equally near samples (up to the rounding of `squared_distances`) the first is returned. The distances themselves
    are recomputed from differences.

    >>> nearest_neighbour(torch.tensor([[1.0], [9.0]]), torch.tensor([[0.0], [8.5]]))
    (tensor([1.0000, 0.5000], dtype=torch.float64), tensor([0, 1]))
    """
    least = torch.full((len(queries),), torch.inf, device=queries.device, dtype=working_precision(queries, samples))
    indices = torch.zeros(len(queries), dtype=torch.int64, device=queries.device)
    for tile in squared_distances(queries, samples):
        squares, places = tile.squares.min(1)
        nearer = squares < least[tile.rows]
        least[tile.rows] = torch.where(nearer, squares, least[tile.rows])
        indices[tile.rows] = torch.where(nearer, places + tile.columns.start, indices[tile.rows])
    pairs = zip(torch.split(queries, _TILE), torch.split(indices, _TILE), strict=True)
    distances = [functional.pairwise_distance(some.double(), samples[to].double(), eps=0.0) for some, to in pairs]
    return torch.cat(distances), indices


def check_neighbours(metric: str, k: int, **sets: Tensor) -> None:
    """Raises `MetricError` unless each sample of the named `sets` has k others, and their features are sound."""
    if k < 1:
        raise MetricError(f"{metric}: got k = {k} neighbours; needs at least 1")
    check_features(f"{metric} with k = {k}", k + 1, **sets)


def working_precision(*sets: Tensor) -> torch.dtype:
    """Returns float64 where a set has it, or at most 128 dimensions, else float32."""
    exact = sets[0].shape[1] <= _FEW or any(samples.dtype == torch.float64 for samples in sets)
    return torch.float64 if exact else torch.float32


def _centred(*sets: Tensor) -> list[_Points]:
    precision = working_precision(*sets)
    center = torch.stack([samples.mean(0, dtype=torch.float64) for samples in sets]).mean(0).to(precision)
    # Norms are reduced by the products' error: squared distances of copies are then negative, and clamped to 0.
    shortened = 1 - _ROUNDINGS * torch.finfo(precision).eps
    points = []
    for samples in sets:
        places = samples.detach().to(precision) - center
        norms = torch.linalg.vector_norm(places, dim=1, dtype=torch.float64).square() * shortened
        points.append(_Points(places, norms.to(precision)))
    return points


def _parts(count: int) -> Iterator[slice]:
    return (slice(start, min(start + _TILE, count)) for start in range(0, count, _TILE))


def _squares(one: _Points, other: _Points, buffer: Tensor) -> Tensor:
    shape = (len(one.norms), len(other.norms))
    squares = buffer[: shape[0] * shape[1]].view(shape)
    torch.addmm(other.norms, one.places, other.places.T, alpha=-2, out=squares)
    return squares.add_(one.norms[:, None]).clamp_(min=0)


def _smallest(before: Tensor, squares: Tensor) -> Tensor:
    """Returns the k least, in order, of each row of `before` [n, k] and `squares` [n, c] together."""
    k = before.shape[1]
    candidates = squares.topk(min(k, squares.shape[1]), largest=False, sorted=False).values
    return torch.cat((before, candidates), 1).topk(k, largest=False).values
