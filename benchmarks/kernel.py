"""The kernel distance against a plain version with scikit-learn's polynomial_kernel, on features like Inception's.

    python benchmarks/kernel.py            # about five minutes on two cores

Both take turns on the same float32 features and share other load; figures are medians over the rounds, and of the ratio
within a round. Both compute half of the pairs of a set with itself, NumPy with BLAS's syrk. Memory is the growth of a
process's peak over its inputs, each in a separate process.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from sklearn.metrics.pairwise import polynomial_kernel
from torch import Tensor

from sparring.metrics import kernel_distance, kernel_distance_over_subsets

SIZE = 2048
"""Numbers in a feature."""

Distance = Callable[[Tensor, Tensor], float]


def plain(real: Tensor, fake: Tensor) -> float:
    one, other = real.numpy(), fake.numpy()

    def within(rows: np.ndarray) -> float:
        kernel = polynomial_kernel(rows, degree=3, coef0=1)
        return (kernel.sum(dtype=float) - np.trace(kernel, dtype=float)) / (len(rows) * (len(rows) - 1))

    across = polynomial_kernel(one, other, degree=3, coef0=1).mean(dtype=float)
    return float(within(one) + within(other) - 2 * across)


def plain_over_subsets(real: Tensor, fake: Tensor) -> float:
    random = np.random.default_rng(0)

    def sample(rows: Tensor) -> Tensor:
        return rows[random.choice(len(rows), min(1000, len(rows)), replace=False)]

    return statistics.mean(plain(sample(real), sample(fake)) for _ in range(100))


def ours(real: Tensor, fake: Tensor) -> float:
    return kernel_distance(real, fake)[0]


def ours_over_subsets(real: Tensor, fake: Tensor) -> float:
    return kernel_distance_over_subsets(real, fake)[0]


FORMS: dict[str, tuple[Distance, Distance]] = {
    "all pairs": (ours, plain),
    "100 subsets of 1000": (ours_over_subsets, plain_over_subsets),
}


def features(count: int) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(0)
    real, fake = (torch.randn(count, SIZE, generator=random).abs_().mul_(scale) for scale in (0.5, 0.51))
    return real, fake


def seconds(distance: Distance, real: Tensor, fake: Tensor) -> tuple[float, float]:
    start = time.perf_counter()
    value = distance(real, fake)
    return time.perf_counter() - start, value


def print_memory(form: str, which: int, count: int) -> None:
    """Prints the growth of this process's peak in MB."""
    distance = FORMS[form][which]
    distance(*features(1000))  # loads libraries and their buffers
    real, fake = features(count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    distance(real, fake)
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)


def memory(form: str, which: int, count: int) -> float:
    command = [sys.executable, __file__, "--count", str(count), "--memory", form, str(which)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="samples of each set")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", nargs=2, metavar=("FORM", "WHICH"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        print_memory(options.memory[0], int(options.memory[1]), options.count)
        return
    # First, since a process inherits its parent's peak.
    growth = {form: [memory(form, which, options.count) for which in (0, 1)] for form in FORMS}
    real, fake = features(options.count)
    print(f"{options.count} x {options.count} features of {SIZE}, float32; {options.rounds} rounds, interleaved\n")
    columns = ("", "ours, s", "plain, s", "times faster", "ours, MB", "plain, MB", "ours", "plain")
    print(f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|")
    for form, contenders in FORMS.items():
        rounds = [[seconds(distance, real, fake) for distance in contenders] for _ in range(options.rounds)]
        own, theirs = (statistics.median(one[which][0] for one in rounds) for which in (0, 1))
        ratio = statistics.median(other[0] / one[0] for one, other in rounds)
        peaks = " | ".join(f"{peak:.0f}" for peak in growth[form])
        values = " | ".join(f"{value:.9f}" for _, value in rounds[0])
        print(f"| {form} | {own:.1f} | {theirs:.1f} | {ratio:.2f} | {peaks} | {values} |")


if __name__ == "__main__":
    main()
