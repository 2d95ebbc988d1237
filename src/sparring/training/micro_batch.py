"""Micro-batches: how many samples of a batch are computed at a time, where memory does not hold all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from sparring.errors import RunError, SpecError
from sparring.game import Game
from sparring.network import couples_samples, group_size
from sparring.training.loop import play_step
from sparring.training.memory import Memory
from sparring.training.run import Progress, Run
from sparring.training.session import own_settings

MicroBatch = int | str
"""A number of samples, or `auto`: as many as memory holds."""

AUTO = "auto"

SHARE = 0.8
"""Of the memory that a process could hold; the rest is for the samples that are drawn and scored between steps."""

Build = Callable[[int], Run]
"""Builds a run, at its beginning, that computes so many samples at a time."""


def count_parts(batch: int, wanted: MicroBatch) -> int:
    """Returns in how many parts a `batch` is computed, `wanted` samples at a time.

    >>> count_parts(16, 4)
    4

    Raises:
        SpecError: it is no number of samples that divides the batch.
    """
    try:
        size = int(wanted)
    except ValueError:
        raise SpecError(f"micro_batch: got {wanted!r}; needs a number of samples, or {AUTO}") from None
    sizes = divisors(batch)
    if size not in sizes:
        near = [*[one for one in sizes if one < size][-1:], *[one for one in sizes if one > size][:1]]
        raise SpecError(
            f"micro_batch: a batch of {batch} cannot be computed {size} samples at a time; needs "
            f"{' or '.join(map(str, near))}"
        )
    return batch // size


def divisors(number: int) -> list[int]:
    """Returns all that divide `number` without a rest, from 1 up.

    >>> divisors(12)
    [1, 2, 3, 4, 6, 12]
    """
    return [one for one in range(1, number + 1) if number % one == 0]


def describe_parts(batch: int, parts: int) -> str:
    """Returns in words how batches are computed.

    >>> describe_parts(16, 4)
    'Micro-batches of 4: each batch of 16 is computed in 4 parts.'
    """
    how = "whole" if parts == 1 else f"in {parts} parts"
    return f"Micro-batches of {batch // parts}: each batch of {batch} is computed {how}."


def find_size(batch: int, parts: Sequence[int], device: torch.device, build: Build) -> int:
    """Returns how many samples to compute at a time: a `batch` in one of these numbers of `parts`, as few as may be.

    Sizes that groups of compared samples divide come first (`group_size`). Steps are played on runs that are then
    thrown away: on a GPU with ever smaller sizes until one fits, and on a CPU, where too large a one may cost the
    process its life, with small ones, from which the others follow.

    Raises:
        RunError: not even the smallest fits, or there is no telling on this device.
    """
    memory = Memory(device)
    sizes = rank_sizes([batch // count for count in parts], build(batch).game)
    memory.settle()
    limit = int(SHARE * memory.limit())

    def footprint(size: int) -> Footprint:
        memory.settle()  # without the run before, of which nobody needs anything any more
        return measure(build(size), memory)

    search = try_sizes if device.type == "cuda" else estimate_sizes
    size = search(sizes, limit, footprint)
    memory.settle()
    if size is None:
        raise RunError(
            f"no step fits that computes {min(sizes)} at a time: {limit / 1e9:.1f} GB of memory can be taken. "
            "Use narrower networks, smaller samples, or training.precision=bfloat16."
        )
    return size


def rank_sizes(sizes: Sequence[int], game: Game) -> list[int]:
    """Returns `sizes`, the best first: large ones that groups of compared samples divide, then what is smaller still.

    Where samples are compared, one of them alone is left out.
    """
    alone, group = not couples_samples(game), group_size(game)
    sizes = sorted((size for size in sizes if alone or size > 1 or max(sizes) == 1), reverse=True)
    whole = [size for size in sizes if size % group == 0]
    return whole + [size for size in sizes if size < min(whole, default=max(sizes) + 1)]


@dataclass(frozen=True)
class Footprint:
    """The bytes that a process holds between steps, and the most that it holds in one."""

    between: int
    peak: int


def measure(run: Run, memory: Memory) -> Footprint:
    """Returns the footprint of a run, which is of no more use then.

    The first step makes the optimizers' states; the second begins again at step 0, where all penalties are due.
    """
    with own_settings(run):
        play_step(run)
        run.progress = Progress()
        memory.settle()
        between = memory.held()
        play_step(run)
        return Footprint(between, memory.peak())


def try_sizes(sizes: Sequence[int], limit: int, footprint: Callable[[int], Footprint]) -> int | None:
    """Returns the first of `sizes` whose step stays below `limit` bytes, or None; too large a one is just refused."""
    for size in sizes:
        try:
            if footprint(size).peak <= limit:
                return size
        except torch.OutOfMemoryError:
            continue
    return None


def estimate_sizes(sizes: Sequence[int], limit: int, footprint: Callable[[int], Footprint]) -> int | None:
    """Returns the first of `sizes` whose step should stay below `limit` bytes, or None.

    What a step holds grows with its samples, on top of what does not grow. The smallest size tells of no such part, so
    that all that it takes is counted for every sample; the largest that fits even so, with nothing to spare, is played
    too and tells the truth. Nothing is played that might not fit.
    """
    least = min(sizes)
    first = footprint(least)
    taken = first.peak - first.between
    at_most = {size: first.between + taken * size // least for size in sizes}
    if first.peak > limit:
        return None
    if max(at_most.values()) <= limit:
        return sizes[0]
    most = max(size for size in sizes if at_most[size] * SHARE <= limit)
    if most == least:
        return least
    second = footprint(most)
    each = max(0, second.peak - second.between - taken) / (most - least)
    return next(size for size in sizes if first.peak + each * (size - least) <= limit)
