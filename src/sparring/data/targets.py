"""The targets of a data set: the class of each sample, or several measurements of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from sparring.errors import DataError
from sparring.network import Condition

Labels = NDArray[np.int64]

Numbers = NDArray[np.float32]

_EXAMPLES = 1000
"""Rows of numbers that stand for all: enough for their shares, few enough for a checkpoint."""

_REMEDY = "Scale them to [0, 1], such as -1 and 1 for no and yes to 0 and 1"


@dataclass(frozen=True, eq=False)
class Targets:
    """One row for each sample: a class label, or several numbers (multi-label data and measurements).

    Attributes:
        values: labels, int64 [N], indices into `names` or -1 where the class is unknown; or numbers, float32 [N, D],
            in [0, 1].
        names: of the classes, or of the D numbers.
    """

    values: NDArray[Any]
    names: tuple[str, ...]

    @property
    def kind(self) -> Literal["classes", "attributes"]:
        """What `names` are called in files: `classes` of labels, `attributes` of numbers."""
        return "classes" if self.values.ndim == 1 else "attributes"

    @property
    def condition(self) -> Condition:
        """What a network that is conditioned on these targets takes."""
        if self.kind == "classes":
            return Condition(len(self.names), partly=bool((self.values < 0).any()))
        count = len(self.values)
        rows = self.values[np.linspace(0, count - 1, min(count, _EXAMPLES)).astype(np.int64)]
        return Condition(numbers=len(self.names), examples=tuple(map(tuple, rows.round(4).tolist())))

    def __getitem__(self, indices: Labels | Sequence[int]) -> Self:
        """Returns the targets of the samples at `indices`."""
        return type(self)(self.values[indices], self.names)

    def check(self, count: int, name: str) -> None:
        """Raises `DataError` unless these are labels of known classes, or numbers in [0, 1], of `count` samples."""
        values, names = self.values, self.names
        if self.kind == "classes":
            if values.dtype != np.int64 or values.shape != (count,):
                raise DataError(
                    f"{name}: labels of type {values.dtype} and shape {values.shape}; needs int64 [{count}]"
                )
            if values.min() < 0 or values.max() >= len(names):
                span = f"labels from {values.min()} to {values.max()}"
                raise DataError(f"{name}: {span} for {len(names)} classes; needs 0 to {len(names) - 1}")
            return
        if values.dtype != np.float32 or values.shape != (count, len(names)):
            raise DataError(
                f"{name}: numbers of type {values.dtype} and shape {values.shape} for {len(names)} attributes; "
                f"needs float32 [{count}, {len(names)}]"
            )
        try:
            numbers_of(values, names, [f"sample {index}" for index in range(count)])
        except ValueError as error:
            raise DataError(f"{name}: {error}") from None

    def describe(self) -> list[str]:
        """Returns name, mean and range of each number."""
        columns = zip(self.names, self.values.T, strict=True)
        return [f"{name} {column.mean():.3g} ({column.min():g} to {column.max():g})" for name, column in columns]


def numbers_of(rows: Sequence[Sequence[float]] | NDArray[Any], names: Sequence[str], samples: Sequence[str]) -> Targets:
    """Returns `rows` [N, D] of numbers called `names` [D] as targets; `samples` [N] are names for messages.

    Raises:
        ValueError: a number outside [0, 1], the first of which is named; names that are missing or equal.
    """
    if not names or not all(names) or len(set(names)) < len(names):
        listed = ", ".join(map(repr, names)) or "nothing"
        raise ValueError(f"the numbers are called {listed}; each needs a name of its own")
    numbers = np.asarray(rows, np.float64).reshape(len(rows), len(names))
    outside = np.argwhere(~((numbers >= 0) & (numbers <= 1)))  # NaN is outside too
    if len(outside):
        row, column = outside[0]
        raise ValueError(
            f"{names[column]!r} of {samples[row]} is {numbers[row, column]:g}, and {len(outside)} of "
            f"{numbers.size} numbers are not from 0 to 1. {_REMEDY}"
        )
    return Targets(numbers.astype(np.float32), tuple(names))
