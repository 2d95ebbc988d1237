"""Micro-batches: how many samples of a batch to compute at a time, where memory does not hold all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from sparring.errors import RunError, SpecError
from sparring.game import Game
from sparring.network import couples_samples, group_size
from sparring.training.loop import play_step
from sparring.training.memory import DeviceMemory
from sparring.training.run import Progress, Run
from sparring.training.session import own_settings

MicroBatch = int | str
"""A number of samples, or `auto`: as many as memory holds."""

AUTO = "auto"

SHARE = 0.8
"""Share of the memory that a step may take; the rest is for samples generated and scored between steps."""

Build = Callable[[int], Run]
"""Builds a run, at its beginning, that computes a given number of samples at a time."""


def count_parts(batch: int, wanted: MicroBatch) -> int:
    """Returns the number of parts of a `batch`, `wanted` samples each.

    >>> count_parts(16, 4)
    4

    Raises:
        SpecError: `wanted` does not divide the batch.
    """
    try:
        size = int(wanted)
    except ValueError:
        raise SpecError(f"micro_batch: got {wanted!r}; needs a number of samples, or {AUTO}") from None
    sizes = divisors(batch)
    if size not in sizes:
        near = [*[other for other in sizes if other < size][-1:], *[other for other in sizes if other > size][:1]]
        raise SpecError(
            f"micro_batch: a batch of {batch} cannot be computed {size} samples at a time; needs "
            f"{' or '.join(map(str, near))}"
        )
    return batch // size


def divisors(number: int) -> list[int]:
    """Returns all divisors of `number`, from 1 up.

    >>> divisors(12)
    [1, 2, 3, 4, 6, 12]
    """
    return [divisor for divisor in range(1, number + 1) if number % divisor == 0]


def describe_parts(batch: int, parts: int) -> str:
    """Returns a sentence on how batches are computed.

    >>> describe_parts(16, 4)
    'Micro-batches of 4: each batch of 16 is computed in 4 parts.'
    """
    how = "whole" if parts == 1 else f"in {parts} parts"
    return f"Micro-batches of {batch // parts}: each batch of {batch} is computed {how}."


def find_size(batch: int, parts: Sequence[int], device: torch.device, build: Build) -> int:
    """Returns how many samples to compute at a time: a `batch` in one of these numbers of `parts`, as few as possible.

    Sizes that are multiples of groups of compared samples come first (`group_size`). Steps are played on runs that are
    then discarded: on a GPU with ever smaller sizes until one fits; on a CPU, where too large a size can kill the
    process, with small ones, from which the others are estimated.

    Raises:
        RunError: not even the smallest fits, or memory cannot be measured on this device.
    """
    memory = DeviceMemory(device)
    sizes = rank_sizes([batch // count for count in parts], build(batch).game)
    memory.settle()
    limit = int(SHARE * memory.limit())

    def footprint(size: int) -> Footprint:
        memory.settle()  # after the run before, which is garbage by now
        return measure(build(size), memory)

    search = try_sizes if device.type == "cuda" else estimate_sizes
    size = search(sizes, limit, footprint)
    memory.settle()
    if size is None:
        raise RunError(
            f"not even a step that computes {min(sizes)} samples at a time fits into {limit / 1e9:.1f} GB of memory. "
            "Use narrower networks, smaller samples, or training.precision=bfloat16."
        )
    return size


def rank_sizes(sizes: Sequence[int], game: Game) -> list[int]:
    """Returns `sizes`, the best first: multiples of the groups of compared samples, large ones first, then others.

    Where samples are compared, a size of 1 is left out.
    """
    independent, group = not couples_samples(game), group_size(game)
    sizes = sorted((size for size in sizes if independent or size > 1 or max(sizes) == 1), reverse=True)
    whole = [size for size in sizes if size % group == 0]
    return whole + [size for size in sizes if size < min(whole, default=max(sizes) + 1)]


@dataclass(frozen=True)
class Footprint:
    """The bytes that a process holds between steps, and its peak during a step."""

    between: int
    peak: int


def measure(run: Run, memory: DeviceMemory) -> Footprint:
    """Returns the footprint of a run, which cannot be used afterwards.

    The first step creates the optimizers' states; the second is step 0 again, where all penalties are due.
    """
    with own_settings(run):
        play_step(run)
        run.progress = Progress()
        memory.settle()
        between = memory.held()
        play_step(run)
        return Footprint(between, memory.peak())


def try_sizes(sizes: Sequence[int], limit: int, footprint: Callable[[int], Footprint]) -> int | None:
    """Returns the first of `sizes` whose step stays below `limit` bytes, or None, by playing steps."""
    for size in sizes:
        try:
            if footprint(size).peak <= limit:
                return size
        except torch.OutOfMemoryError:
            continue
    return None


def estimate_sizes(sizes: Sequence[int], limit: int, footprint: Callable[[int], Footprint]) -> int | None:
    """Returns the first of `sizes` whose step should stay below `limit` bytes, or None.

    The memory of a step is a constant plus a part proportional to its samples. From the smallest size alone the
    constant is unknown, and all memory is attributed to the samples: an upper bound. The largest size that fits by this
    bound is played too, and gives both terms. No step is played that might not fit.
    """
    least = min(sizes)
    first = footprint(least)
    step_bytes = first.peak - first.between
    bounds = {size: first.between + step_bytes * size // least for size in sizes}
    if first.peak > limit:
        return None
    if max(bounds.values()) <= limit:
        return sizes[0]
    most = max(size for size in sizes if bounds[size] * SHARE <= limit)
    if most == least:
        return least
    second = footprint(most)
    sample_bytes = max(0, second.peak - second.between - step_bytes) / (most - least)
    return next(size for size in sizes if first.peak + sample_bytes * (size - least) <= limit)
