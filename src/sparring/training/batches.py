"""The micro-batches that moves are played on, as a function of (seed, step, images), so that nothing needs saving."""

from collections.abc import Iterator
from hashlib import blake2b
from math import isqrt
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sparring.game import Batch
from sparring.training.precision import LAYOUTS, Precision
from sparring.training.team_optimizer import Move

Integers = NDArray[np.int64]
Shared = dict[tuple[int, int], dict[str, Tensor]]
"""What teams that move at once compute for one another, by round and part."""

_ROUNDS = 6
_BLOCK = 8192


class Data(Protocol):
    """What a run needs of a data set."""

    def __len__(self) -> int:
        """The number of samples."""

    def batch(self, indices: Integers, random: torch.Generator) -> tuple[Tensor, Tensor | None]:
        """Returns samples [B, *shape] in [-1, 1] and their conditions [B], or None; `random` draws flips and crops."""

    def sources(self, count: int) -> Tensor | None:
        """Returns images for a game to translate, [count, *shape], always the same; None where there are none."""


class Batches:
    """The micro-batches of every move: `size` samples of `data`, in `parts` equal parts, on the device."""

    def __init__(self, data: Data, size: int, parts: int, precision: Precision, seed: int, rank: int = 0) -> None:
        self.data = data
        self.size = size
        self.parts = parts
        self.device, self.layout = precision.device, LAYOUTS[precision.layout]
        self.seed = seed
        self.rank = rank
        self.order = DataOrder(len(data), seed)
        self._random, self._flips = torch.Generator(precision.device), torch.Generator()

    def draw(self, move: Move, step: int, images: int, shared: Shared) -> Iterator[Batch]:
        """Yields the micro-batches of a move in `step`, after `images`; the n-th move of a team has the n-th batch."""
        size = self.size // self.parts
        for part in range(self.parts):
            start = images + move.round * self.size + part * size
            self._flips.manual_seed(derive_seed(self.seed, "data", start, self.rank))
            real, condition = self.data.batch(self.order.indices(start, size), self._flips)
            seed = derive_seed(self.seed, "move", step, move.place, part, self.rank)
            self._random.manual_seed(seed)
            self._seed(seed)
            yield Batch(
                self.place(real),
                None if condition is None else self.place(condition),
                step,
                self._random,
                images=images,
                shared=shared.setdefault((move.round, part), {}),
                parts=self.parts,
            )

    def _seed(self, seed: int) -> None:
        """Seeds the global generators, which layers such as dropout use, on the CPU and on the device."""
        torch.default_generator.manual_seed(seed)  # torch.manual_seed is 70 times slower: it asks every backend
        if self.device.type == "cuda":
            torch.cuda.manual_seed(seed)
        elif self.device.type == "mps":
            torch.mps.manual_seed(seed)

    def place(self, samples: Tensor) -> Tensor:
        """Returns `samples` [N, ...] on the device, images [N, C, H, W] in the layout."""
        if self.device.type == "cuda":
            samples = samples.pin_memory()  # from pageable memory the copy would wait for the device
        samples = samples.to(self.device, non_blocking=True)
        return samples.contiguous(memory_format=self.layout) if samples.dim() == 4 else samples


def derive_seed(seed: int, stream: str, *position: int) -> int:
    """Returns 63 bits that depend on all the arguments, the same on every machine.

    >>> derive_seed(0, "move", 1, 0) == derive_seed(0, "move", 1, 0)
    True
    >>> derive_seed(0, "move", 1, 0) == derive_seed(0, "move", 0, 1)
    False
    """
    text = ":".join((str(seed), stream, *map(str, position)))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


class DataOrder:
    """The order in which a data set is shown: another permutation in each epoch, a function of the position alone.

    A Feistel network over Z_a x Z_b with a·b just above `count` is a bijection whatever its round
    function; it is applied again to positions outside the set until they fall inside (Black & Rogaway 2002).
    """

    def __init__(self, count: int, seed: int) -> None:
        self.count = count
        self.seed = seed
        self._block = -1
        self._indices: Integers = np.empty(0, np.int64)

    def indices(self, start: int, count: int) -> Integers:
        """Returns the data indices at positions start, …, start + count - 1 of the endless sequence of epochs."""
        parts = []
        while count:
            block, offset = divmod(start, _BLOCK)
            if block != self._block:
                first = block * _BLOCK
                self._block, self._indices = block, self._permute(np.arange(first, first + _BLOCK, dtype=np.int64))
            part = self._indices[offset : offset + count]
            parts.append(part)
            start, count = start + len(part), count - len(part)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _permute(self, positions: Integers) -> Integers:
        epochs = (positions // self.count).astype(np.uint64)
        keys = _mix(epochs + np.uint64(derive_seed(self.seed, "order")))
        rows = isqrt(self.count - 1) + 1
        columns = -(-self.count // rows)
        indices = positions % self.count
        outside = np.ones(len(indices), bool)
        while outside.any():
            indices[outside] = _feistel(indices[outside], keys[outside], rows, columns)
            outside = indices >= self.count
        return indices


def _feistel(positions: Integers, keys: NDArray[np.uint64], rows: int, columns: int) -> Integers:
    left, right = (part.astype(np.uint64) for part in np.divmod(positions, columns))
    for number in range(_ROUNDS):
        if number % 2:
            right = (right + _mix(left ^ keys + np.uint64(number)) % np.uint64(columns)) % np.uint64(columns)
        else:
            left = (left + _mix(right ^ keys + np.uint64(number)) % np.uint64(rows)) % np.uint64(rows)
    return (left * np.uint64(columns) + right).astype(np.int64)


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """splitmix64's finalizer (Steele et al. 2014): every output bit depends on every input bit."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
