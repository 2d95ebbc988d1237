"""The Fréchet distance against the usual computation with SciPy's matrix root, at the size of Inception's features.

python benchmarks/frechet.py            # two minutes
"""

import statistics
import time
from collections.abc import Callable

import numpy
import torch
from scipy import linalg
from torch import Tensor

from sparring.metrics.frechet import frechet_distance, frechet_distance_of_features
from sparring.metrics.statistics.accumulators import Moments
from sparring.metrics.statistics.normal import Normal

SIZE, ROUNDS = 2048, 3

Timed = Callable[[], float]


def by_matrix_root(one: Normal, other: Normal) -> float:
    """Returns the distance as common implementations compute it."""
    means = [normal.mean.numpy() for normal in (one, other)]
    covariances = [normal.covariance.numpy() for normal in (one, other)]
    root = linalg.sqrtm(covariances[0] @ covariances[1])
    if not numpy.isfinite(root).all():
        offset = 1e-6 * numpy.eye(SIZE)
        root = linalg.sqrtm((covariances[0] + offset) @ (covariances[1] + offset))
    shift = means[0] - means[1]
    return float(shift @ shift + sum(map(numpy.trace, covariances)) - 2 * numpy.trace(root.real))


def features(count: int, seed: int) -> Tensor:
    """Returns positive, correlated features [count, SIZE] with variances over several decades, like a network's."""
    mixing = torch.randn(SIZE, SIZE, generator=torch.Generator().manual_seed(0)) / SIZE**0.5
    scales = torch.arange(1, SIZE + 1) ** -0.5
    random = torch.Generator().manual_seed(seed)
    return ((torch.randn(count, SIZE, generator=random) * scales) @ mixing * 10 + 0.1 * seed).relu()


def moments(rows: Tensor) -> Moments:
    accumulated = Moments()
    accumulated.update(rows)
    return accumulated


def timed(work: Timed) -> tuple[float, float]:
    start = time.perf_counter()
    value = work()
    return time.perf_counter() - start, value


def compare(usual: Timed, **ours: Timed) -> None:
    """Prints a row for each of `ours`: median seconds and ratio of interleaved rounds, value and its difference."""
    rounds = [(timed(usual), *map(timed, ours.values())) for _ in range(ROUNDS)]
    for place, title in enumerate(ours, 1):
        slow, fast = (statistics.median(turn[side][0] for turn in rounds) for side in (0, place))
        ratio = statistics.median(turn[0][0] / turn[place][0] for turn in rounds)
        value, difference = rounds[0][place][1], rounds[0][place][1] - rounds[0][0][1]
        print(f"| {title} | {slow:.2f} | {fast:.2f} | {ratio:.1f} | {value:.6f} | {difference:+.1e} |", flush=True)


def main() -> None:
    many, few = [features(10_000, seed) for seed in (1, 2)], [features(1_000, seed) for seed in (1, 2)]
    real, fake, few_real, few_fake = map(moments, many + few)
    reference = Normal.of(real)
    itself = frechet_distance(real, real) / float(real.covariance.trace())
    print(f"{SIZE} numbers a feature; threads: {torch.get_num_threads()}; {ROUNDS} interleaved rounds;")
    print(f"the first set's distance to itself is {itself:.0e} of its covariance's trace\n")
    print("| | root of a matrix, s | sparring, s | ratio | distance | difference |\n|---|---|---|---|---|---|")
    reference.frechet_distance(reference)
    compare(
        lambda: by_matrix_root(Normal.of(real), Normal.of(fake)),
        **{
            "10,000 samples, from moments": lambda: frechet_distance(real, fake),
            "the same, reference kept": lambda: reference.frechet_distance(Normal.of(fake)),
        },
    )
    compare(
        lambda: by_matrix_root(Normal.of(few_real), Normal.of(few_fake)),
        **{
            "1,000 samples, from features": lambda: frechet_distance_of_features(*few),
            "1,000 samples, from moments": lambda: frechet_distance(few_real, few_fake),
        },
    )


if __name__ == "__main__":
    main()
