"""Precision, recall, density and coverage: how long they take and what memory, against the `prdc` package.

    pip install --no-deps prdc && pip install scikit-learn
    python benchmarks/neighbours.py                      # some minutes on two cores
    python benchmarks/neighbours.py --size 1000          # the published .477, .471, 1.056, .973 (k = 5)

Every look is a process of its own, and contenders take turns, so that other load falls on all alike. Both get the same
two float32 sets from N(0, I). Ratios are medians over the rounds of the time of `prdc` to one's own in the same round;
memory is the highest that a process held beyond what it held with its inputs, the largest over the rounds.
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
        found = compute_prdc(real.numpy(), fake.numpy(), K)
    return found["precision"], found["recall"], found["density"], found["coverage"]


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


def held() -> float:
    """Returns the most that this process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def look(name: str, count: int, size: int) -> None:
    random = torch.Generator().manual_seed(0)
    real, fake = (torch.randn(count, size, generator=random) for _ in range(2))
    small = torch.randn(50, 200, generator=random)
    CONTENDERS[name](small, small)  # whatever is imported and set up once
    before, start = held(), time.perf_counter()
    values = CONTENDERS[name](real, fake)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "memory": held() - before, "values": [float(value) for value in values]}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="samples of each set")
    parser.add_argument("--size", type=int, default=2048, help="numbers of a sample")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--look", choices=list(CONTENDERS), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.look:
        look(chosen.look, chosen.count, chosen.size)
        return
    found: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    for _ in range(chosen.rounds):
        for name, looks in found.items():
            command = [
                sys.executable,
                __file__,
                "--count",
                str(chosen.count),
                "--size",
                str(chosen.size),
                "--look",
                name,
            ]
            looks.append(json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout))
    print(f"{chosen.count} against {chosen.count} samples of {chosen.size} numbers, k = {K}; {chosen.rounds} rounds\n")
    print("| contender | seconds | faster than prdc | MB beyond inputs | precision | recall | density | coverage |")
    print("|---|---|---|---|---|---|---|---|")
    for name, looks in found.items():
        seconds = statistics.median(one["seconds"] for one in looks)
        ratio = statistics.median(a["seconds"] / b["seconds"] for a, b in zip(found["prdc"], looks, strict=True))
        memory = max(one["memory"] for one in looks)
        values = " | ".join(f"{value:.4f}" for value in looks[0]["values"])
        print(f"| {name} | {seconds:.1f} | {ratio:.2f} | {memory:.0f} | {values} |")


if __name__ == "__main__":
    main()
