"""Randomness as a function of (seed, stream, place), so that nothing about it needs saving."""

from hashlib import blake2b
from math import isqrt

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

_ROUNDS = 6
_BLOCK = 8192


def derive_seed(seed: int, stream: str, *place: int) -> int:
    """Returns 63 bits that depend on all the arguments, the same on every machine.

    >>> derive_seed(0, "move", 1, 0) == derive_seed(0, "move", 1, 0)
    True
    >>> derive_seed(0, "move", 1, 0) == derive_seed(0, "move", 0, 1)
    False
    """
    text = ":".join((str(seed), stream, *map(str, place)))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


class DataOrder:
    """The order in which a data set is shown: for each epoch another permutation, by position alone.

    A Feistel network over Z_a x Z_b with a·b just above `count` is a bijection whatever its round
    function; positions outside the set are walked on until they fall inside (Black & Rogaway 2002).
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
            taken = self._indices[offset : offset + count]
            parts.append(taken)
            start, count = start + len(taken), count - len(taken)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _permute(self, positions: Integers) -> Integers:
        epochs = (positions // self.count).astype(np.uint64)
        keys = _mix(epochs + np.uint64(derive_seed(self.seed, "order")))
        rows = isqrt(self.count - 1) + 1
        columns = -(-self.count // rows)
        places = positions % self.count
        outside = np.ones(len(places), bool)
        while outside.any():
            places[outside] = _feistel(places[outside], keys[outside], rows, columns)
            outside = places >= self.count
        return places


def _feistel(places: Integers, keys: NDArray[np.uint64], rows: int, columns: int) -> Integers:
    left, right = (part.astype(np.uint64) for part in np.divmod(places, columns))
    for turn in range(_ROUNDS):
        if turn % 2:
            right = (right + _mix(left ^ keys + np.uint64(turn)) % np.uint64(columns)) % np.uint64(columns)
        else:
            left = (left + _mix(right ^ keys + np.uint64(turn)) % np.uint64(rows)) % np.uint64(rows)
    return (left * np.uint64(columns) + right).astype(np.int64)


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """splitmix64's finalizer (Steele et al. 2014): every output bit depends on every input bit."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
