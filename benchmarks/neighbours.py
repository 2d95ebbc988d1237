"""Time and memory of precision, recall, density and coverage, against the `prdc` package.

    pip install --no-deps prdc && pip install scikit-learn
    python benchmarks/neighbours.py                      # some minutes on two cores
    python benchmarks/neighbours.py --size 1000          # the published .477, .471, 1.056, .973 (k = 5)

Every measurement is a separate process, and contenders take turns and share other load. Both get the same two float32
sets from N(0, I). Ratios are medians over the rounds of the time of `prdc` to the contender's in the same round; memory
is the growth of a process's peak over its inputs, the largest over the rounds.
"""

import argparse
import contextlib
import io
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor

from sparring.metrics.density_coverage import density_coverage
from sparring.metrics.prdc import prdc
from sparring.metrics.precision_recall import precision_recall

K = 5
Four = tuple[float, float, float, float]


def by_package(real: Tensor, fake: Tensor) -> Four:
    from prdc import compute_prdc

    with contextlib.redirect_stdout(io.StringIO()):
        scores = compute_prdc(real.numpy(), fake.numpy(), K)
    return scores["precision"], scores["recall"], scores["density"], scores["coverage"]


def at_once(real: Tensor, fake: Tensor) -> Four:
    ours, theirs = prdc(real, fake, K, K)
    return ours.precision, ours.recall, theirs.density, theirs.coverage


def apart(real: Tensor, fake: Tensor) -> Four:
    ours, theirs = precision_recall(real, fake, K), density_coverage(real, fake, K)
    return ours.precision, ours.recall, theirs.density, theirs.coverage


CONTENDERS: dict[str, Callable[[Tensor, Tensor], Four]] = {
    "prdc": by_package,
    "sparring, all at once": at_once,
    "sparring, PR and DC apart": apart,
}


def peak_memory() -> float:
    """Returns the peak memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def measure(name: str, count: int, size: int) -> None:
    random = torch.Generator().manual_seed(0)
    real, fake = (torch.randn(count, size, generator=random) for _ in range(2))
    small = torch.randn(50, 200, generator=random)
    CONTENDERS[name](small, small)  # imports and sets up whatever is needed once
    before, start = peak_memory(), time.perf_counter()
    values = CONTENDERS[name](real, fake)
    seconds = time.perf_counter() - start
    print(
        json.dumps({"seconds": seconds, "memory": peak_memory() - before, "values": [float(value) for value in values]})
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="samples of each set")
    parser.add_argument("--size", type=int, default=2048, help="numbers of a sample")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", choices=list(CONTENDERS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, options.count, options.size)
        return
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    for _ in range(options.rounds):
        for name, own in runs.items():
            size = ["--count", str(options.count), "--size", str(options.size)]
            command = [sys.executable, __file__, *size, "--measure", name]
            own.append(json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout))
    print(
        f"{options.count} against {options.count} samples of {options.size} numbers, k = {K}; {options.rounds} rounds\n"
    )
    print("| contender | seconds | faster than prdc | MB beyond inputs | precision | recall | density | coverage |")
    print("|---|---|---|---|---|---|---|---|")
    for name, own in runs.items():
        seconds = statistics.median(one["seconds"] for one in own)
        ratio = statistics.median(a["seconds"] / b["seconds"] for a, b in zip(runs["prdc"], own, strict=True))
        memory = max(one["memory"] for one in own)
        values = " | ".join(f"{value:.4f}" for value in own[0]["values"])
        print(f"| {name} | {seconds:.1f} | {ratio:.2f} | {memory:.0f} | {values} |")


if __name__ == "__main__":
    main()
