"""The speed of batches from memory, against the speed at which a training step consumes them.

python benchmarks/data.py            # half a minute
"""

import statistics
import time
from collections.abc import Callable

import torch

from overhead import SHAPE, by_engine, images
from sparring.training.allocator import keep_memory
from sparring.training.batches import DataOrder

BATCH, ROUNDS = 64, 7


def seconds(work: Callable[[], object], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - start) / times


def main() -> None:
    keep_memory()
    data, random = images(), torch.Generator()
    order = DataOrder(len(data), seed=0)
    position = 0

    def batch() -> None:
        nonlocal position
        data.batch(order.indices(position, BATCH), random)
        position += BATCH

    step = by_engine(64, BATCH, True, "channels_last", "bfloat16")
    seconds(batch, 100), seconds(step, 3)
    pairs = [(seconds(batch, 300), seconds(step, 3)) for _ in range(ROUNDS)]
    ratio = statistics.median(one / other for other, one in pairs)
    source, consumed = (BATCH / statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"batches of {BATCH} in {'x'.join(map(str, SHAPE))} from memory; medians of {ROUNDS} interleaved rounds\n")
    print("| | images/s |\n|---|---|")
    print(f"| batch source, data order included | {source:,.0f} |\n| DCGAN step, bfloat16 | {consumed:,.0f} |")
    print(f"| ratio | {ratio:,.0f} |")


if __name__ == "__main__":
    main()
