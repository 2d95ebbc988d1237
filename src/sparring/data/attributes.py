"""Several labels, or measurements, of each image: numbers in [0, 1] with names."""

from collections.abc import Sequence

import numpy as np

from sparring.data.dataset import Numbers
from sparring.errors import DataError

REMEDY = "Scale them to [0, 1], such as -1 and 1 for no and yes to 0 and 1"


def as_numbers(rows: Sequence[Sequence[float]] | Numbers, attributes: Sequence[str], samples: Sequence[str]) -> Numbers:
    """Returns `rows` of numbers, one of each of the `attributes`, float32 [N, D]; `samples` [N] are names for messages.

    Raises:
        ValueError: numbers that are not from 0 to 1, of which the first is named; names that are not different.
    """
    _check_names(attributes)
    numbers = np.asarray(rows, np.float64).reshape(len(rows), len(attributes))
    outside = np.argwhere(~((numbers >= 0) & (numbers <= 1)))  # not a number is outside too
    if len(outside):
        row, column = outside[0]
        raise ValueError(
            f"{attributes[column]!r} of {samples[row]} is {numbers[row, column]:g}, and {len(outside)} of "
            f"{numbers.size} numbers are not from 0 to 1. {REMEDY}"
        )
    return numbers.astype(np.float32)


def check_numbers(numbers: Numbers, count: int, attributes: tuple[str, ...], name: str) -> None:
    """Raises `DataError` unless `numbers` are float32 [count, D] in [0, 1], with D different `attributes`."""
    if numbers.dtype != np.float32 or numbers.shape != (count, len(attributes)):
        raise DataError(
            f"{name}: numbers of type {numbers.dtype} and shape {numbers.shape} for {len(attributes)} attributes; "
            f"needs float32 [{count}, {len(attributes)}]"
        )
    try:
        as_numbers(numbers, attributes, [f"sample {index}" for index in range(count)])
    except ValueError as error:
        raise DataError(f"{name}: {error}") from None


def _check_names(attributes: Sequence[str]) -> None:
    if not attributes or not all(attributes) or len(set(attributes)) < len(attributes):
        called = ", ".join(map(repr, attributes)) or "nothing"
        raise ValueError(f"the numbers are called {called}; each needs a name of its own")


def describe_numbers(numbers: Numbers, attributes: Sequence[str]) -> list[str]:
    """Returns of each number its name, its mean, and from where to where it goes."""
    columns = zip(attributes, numbers.T, strict=True)
    return [f"{name} {column.mean():.3g} ({column.min():g} to {column.max():g})" for name, column in columns]
