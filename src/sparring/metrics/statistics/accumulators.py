"""Statistics of a stream of samples, mergeable over batches, folders and processes without loss."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Self

import torch
import torch.distributed as distributed
from torch import Tensor

from sparring.errors import MetricError


class Accumulator(ABC):
    """Accumulates samples in batches; merging the accumulators of two parts gives that of the whole."""

    @abstractmethod
    def update(self, rows: Tensor) -> None:
        """Adds a batch, whose first dimension counts samples; it may be empty."""

    @abstractmethod
    def merged(self, other: Self) -> Self:
        """Returns a new accumulator of both streams, this one's samples first."""

    @abstractmethod
    def tensors(self) -> dict[str, Tensor]:
        """Returns the state by name."""

    @classmethod
    @abstractmethod
    def of(cls, tensors: dict[str, Tensor]) -> Self:
        """Returns the accumulator with the state `tensors`."""

    def gathered(self) -> Self:
        """Returns the accumulator of all processes of the default group, in rank order; itself in a single process."""
        if not (distributed.is_available() and distributed.is_initialized()):
            return self
        parts: list[dict[str, Tensor]] = [{}] * distributed.get_world_size()
        distributed.all_gather_object(parts, self.tensors())
        first, *rest = (self.of(part) for part in parts)
        for other in rest:
            first = first.merged(other)
        return first


class Moments(Accumulator):
    """Count, mean [d] and scatter [d, d] (the sum of outer products of deviations), float64, on the CPU.

    Batches are merged by deviations from their own means (Chan, Golub & LeVeque 1979), without
    cancellation against the squared mean, however long the stream.
    """

    def __init__(self) -> None:
        self.count = 0
        self.mean = torch.zeros(0, dtype=torch.float64)
        self.scatter = torch.zeros(0, 0, dtype=torch.float64)

    def update(self, rows: Tensor) -> None:
        """Adds features [B, d] of any floating dtype; raises `MetricError` if they are not finite."""
        rows = rows.detach().cpu().double()
        if rows.ndim != 2:
            raise MetricError(f"Moments: got features {tuple(rows.shape)}; needs [B, d]")
        if not len(rows):
            return
        mean = rows.mean(0)
        if not bool(torch.isfinite(mean).all()):
            bad = int((~torch.isfinite(rows)).any(1).sum())
            raise MetricError(f"Moments: {bad} of {len(rows)} samples have features that are not finite")
        # One in-place product, with the shift as an extra row: twice as fast as separate sums for small batches.
        deviations = torch.cat((rows - mean, self._shift(len(rows), mean)[None]))
        self.scatter.addmm_(deviations.T, deviations)

    def merged(self, other: Self) -> Self:
        """Returns the moments of both streams."""
        both = self.of(self.tensors())
        if other.count:
            shift = both._shift(other.count, other.mean)
            both.scatter.add_(other.scatter).addr_(shift, shift)
        return both

    def without(self, part: Self) -> Self:
        """Returns the moments of this stream without the samples of `part`."""
        if not part.count:
            return self.of(self.tensors())
        if part.mean.shape != self.mean.shape or part.count >= self.count:
            raise MetricError(
                f"Moments: cannot remove {part.count} samples of {len(part.mean)} numbers "
                f"from {self.count} of {len(self.mean)}; needs a part of them"
            )
        rest = self.of(self.tensors())
        rest.count -= part.count
        rest.mean += (self.mean - part.mean) * (part.count / rest.count)
        shift = (part.mean - rest.mean) * math.sqrt(rest.count * part.count / self.count)
        rest.scatter.sub_(part.scatter).addr_(shift, shift, alpha=-1)
        return rest

    def tensors(self) -> dict[str, Tensor]:
        """Returns count, mean and scatter."""
        return {"count": torch.tensor(self.count), "mean": self.mean, "scatter": self.scatter}

    @classmethod
    def of(cls, tensors: dict[str, Tensor]) -> Self:
        """Restores the moments returned by `tensors()`."""
        moments = cls()
        moments.count = int(tensors["count"])
        moments.mean, moments.scatter = tensors["mean"].clone(), tensors["scatter"].clone()
        return moments

    @property
    def covariance(self) -> Tensor:
        """The unbiased covariance [d, d] (divided by N - 1); needs two samples."""
        if self.count < 2:
            raise MetricError(f"a covariance needs at least 2 samples, got {self.count}")
        return self.scatter / (self.count - 1)

    def _shift(self, count: int, mean: Tensor) -> Tensor:
        """Adds `count` samples to count and mean; returns the row by which their shift changes the scatter."""
        if not self.count:
            self.mean, self.scatter = torch.zeros_like(mean), mean.new_zeros(len(mean), len(mean))
        elif mean.shape != self.mean.shape:
            raise MetricError(f"Moments: got features of {len(mean)} numbers after features of {len(self.mean)}")
        before, self.count = self.count, self.count + count
        delta = mean - self.mean
        self.mean = self.mean + delta * (count / self.count)
        return delta * math.sqrt(before * count / self.count)


class Rows(Accumulator):
    """All samples in order, on the CPU: for metrics that compare single samples."""

    def __init__(self, parts: Iterable[Tensor] = ()) -> None:
        self._parts = list(parts)

    def update(self, rows: Tensor) -> None:
        """Adds a batch [B, ...]."""
        if self._parts and rows.shape[1:] != self._parts[0].shape[1:]:
            before, now = tuple(self._parts[0].shape[1:]), tuple(rows.shape[1:])
            raise MetricError(f"Rows: got samples of shape {now} after samples of shape {before}")
        self._parts.append(rows.detach().cpu())

    def merged(self, other: Self) -> Self:
        """Returns the rows of both, one after the other."""
        both = type(self)(self._parts)
        for part in other._parts:
            both.update(part)
        return both

    @property
    def rows(self) -> Tensor:
        """All rows [N, ...]."""
        if len(self._parts) != 1:
            self._parts = [torch.cat(self._parts)] if self._parts else []
        return self._parts[0] if self._parts else torch.empty(0)

    def tensors(self) -> dict[str, Tensor]:
        """Returns the rows."""
        return {"rows": self.rows}

    @classmethod
    def of(cls, tensors: dict[str, Tensor]) -> Self:
        """Restores the rows returned by `tensors()`."""
        return cls([tensors["rows"]] if len(tensors["rows"]) else [])


class Mean(Accumulator):
    """Count, mean and squared deviation of a stream of numbers, float64 (Welford 1962)."""

    def __init__(self) -> None:
        self._moments = Moments()

    def update(self, rows: Tensor) -> None:
        """Adds numbers [B]."""
        self._moments.update(rows.reshape(-1, 1))

    def merged(self, other: Self) -> Self:
        """Returns the mean of both streams."""
        return self.of(self._moments.merged(other._moments).tensors())

    def tensors(self) -> dict[str, Tensor]:
        """Returns the moments."""
        return self._moments.tensors()

    @classmethod
    def of(cls, tensors: dict[str, Tensor]) -> Self:
        """Restores the mean returned by `tensors()`."""
        mean = cls()
        mean._moments = Moments.of(tensors)
        return mean

    @property
    def count(self) -> int:
        """The count of numbers."""
        return self._moments.count

    @property
    def value(self) -> float:
        """Their mean; NaN if there are none."""
        return float(self._moments.mean) if self.count else float("nan")

    @property
    def error(self) -> float:
        """The standard error of the mean, √(variance / N); NaN for fewer than two numbers."""
        return float((self._moments.covariance / self.count).sqrt()) if self.count > 1 else float("nan")
