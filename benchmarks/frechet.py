"""The Fréchet distance against the usual way to it, SciPy's root of a matrix, at the size of Inception's features.

python benchmarks/frechet.py            # three minutes
"""

import statistics
import time
from collections.abc import Callable

import numpy
import torch
from scipy import linalg
from torch import Tensor

from sparring.metrics.accumulators import Moments
from sparring.metrics.frechet import frechet_distance, frechet_distance_of_features
from sparring.metrics.normal import Normal

SIZE, ROUNDS = 2048, 3

Timed = Callable[[], float]


def by_matrix_root(one: Normal, other: Normal) -> float:
    """The distance as common implementations write it."""
    means = [normal.mean.numpy() for normal in (one, other)]
    covariances = [normal.covariance.numpy() for normal in (one, other)]
    root = linalg.sqrtm(covariances[0] @ covariances[1])
    if not numpy.isfinite(root).all():
        offset = 1e-6 * numpy.eye(SIZE)
        root = linalg.sqrtm((covariances[0] + offset) @ (covariances[1] + offset))
    shift = means[0] - means[1]
    return float(shift @ shift + sum(map(numpy.trace, covariances)) - 2 * numpy.trace(root.real))


def features(count: int, seed: int) -> Tensor:
    """Positive, correlated features [count, SIZE] with variances over several decades, like those of a network."""
    mixing = torch.randn(SIZE, SIZE, generator=torch.Generator().manual_seed(0)) / SIZE**0.5
    scales = torch.arange(1, SIZE + 1) ** -0.5
    random = torch.Generator().manual_seed(seed)
    return ((torch.randn(count, SIZE, generator=random) * scales) @ mixing * 10 + 0.1 * seed).relu()


def moments(rows: Tensor) -> Moments:
    taken = Moments()
    taken.update(rows)
    return taken


def timed(work: Timed) -> tuple[float, float]:
    start = time.perf_counter()
    value = work()
    return time.perf_counter() - start, value


def compare(title: str, usual: Timed, ours: Timed) -> None:
    """Prints a row: both in turns, medians of seconds, the median of their ratios, and how the values differ."""
    ours()
    pairs = [(timed(usual), timed(ours)) for _ in range(ROUNDS)]
    slow, fast = (statistics.median(pair[side][0] for pair in pairs) for side in (0, 1))
    ratio = statistics.median(one[0] / other[0] for one, other in pairs)
    (_, first), (_, second) = pairs[0]
    print(f"| {title} | {slow:.2f} | {fast:.2f} | {ratio:.1f} | {second:.6f} | {second - first:+.1e} |", flush=True)


def main() -> None:
    many, few = [features(10_000, seed) for seed in (1, 2)], [features(1_000, seed) for seed in (1, 2)]
    real, fake = map(moments, many)
    kept = Normal.of(real)
    print(f"{SIZE} numbers a feature, {torch.get_num_threads()} threads, {ROUNDS} interleaved rounds\n")
    print("| | root of a matrix, s | sparring, s | ratio | distance | difference |\n|---|---|---|---|---|---|")

    def root_of_many() -> float:
        return by_matrix_root(Normal.of(real), Normal.of(fake))

    def root_of_few() -> float:
        return by_matrix_root(*(Normal.of(moments(rows)) for rows in few))

    compare("of 10,000 samples' moments", root_of_many, lambda: frechet_distance(real, fake))
    compare("the same, reference kept", root_of_many, lambda: kept.frechet_distance(Normal.of(fake)))
    compare("a set and itself", lambda: by_matrix_root(kept, kept), lambda: frechet_distance(real, real))
    compare("of 1,000 samples' features", root_of_few, lambda: frechet_distance_of_features(*few))
    compare("of 1,000 samples' moments", root_of_few, lambda: frechet_distance(*map(moments, few)))


if __name__ == "__main__":
    main()
