"""What is kept of a stream of samples: mergeable over batches, folders and processes, without loss."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Self

import torch
import torch.distributed as distributed
from torch import Tensor

from sparring.errors import MetricError


class Accumulator(ABC):
    """Takes samples in batches; two that took parts of a set, merged, equal one that took all of it."""

    @abstractmethod
    def update(self, rows: Tensor) -> None:
        """Takes a batch; its first dimension counts samples. Batches of none are welcome."""

    @abstractmethod
    def merged(self, other: Self) -> Self:
        """Returns a new accumulator of what both took, this one's samples first."""

    @abstractmethod
    def tensors(self) -> dict[str, Tensor]:
        """Returns all that it holds, by name."""

    @classmethod
    @abstractmethod
    def of(cls, tensors: dict[str, Tensor]) -> Self:
        """Returns the accumulator that holds `tensors`."""

    def gathered(self) -> Self:
        """Returns what all processes of the default group took, in the order of ranks; itself in a single process."""
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

    Batches are merged by deviations from their own means (Chan, Golub & LeVeque 1979), so that nothing is lost to
    the mean's square, however long the stream.
    """

    def __init__(self) -> None:
        self.count = 0
        self.mean = torch.zeros(0, dtype=torch.float64)
        self.scatter = torch.zeros(0, 0, dtype=torch.float64)

    def update(self, rows: Tensor) -> None:
        """Takes features [B, d] of any floating type."""
        rows = rows.detach().double().cpu()
        if rows.ndim != 2:
            raise MetricError(f"Moments: got features {tuple(rows.shape)}; needs [B, d]")
        if not len(rows):
            return
        mean = rows.mean(0)
        deviations = rows - mean
        self._take(len(rows), mean, deviations.T @ deviations)

    def merged(self, other: Self) -> Self:
        """Returns the moments of both streams together."""
        both = self.of(self.tensors())
        both._take(other.count, other.mean, other.scatter)
        return both

    def tensors(self) -> dict[str, Tensor]:
        """Returns count, mean and scatter."""
        return {"count": torch.tensor(self.count), "mean": self.mean, "scatter": self.scatter}

    @classmethod
    def of(cls, tensors: dict[str, Tensor]) -> Self:
        """Returns moments from what `tensors` returned."""
        moments = cls()
        moments.count = int(tensors["count"])
        moments.mean, moments.scatter = tensors["mean"].clone(), tensors["scatter"].clone()
        return moments

    @property
    def covariance(self) -> Tensor:
        """The unbiased covariance [d, d] (divided by N - 1, as every published FID does); needs two samples."""
        if self.count < 2:
            raise MetricError(f"a covariance needs at least 2 samples, got {self.count}")
        return self.scatter / (self.count - 1)

    def _take(self, count: int, mean: Tensor, scatter: Tensor) -> None:
        if not count:
            return
        if self.count and mean.shape != self.mean.shape:
            raise MetricError(f"Moments: got features of {len(mean)} numbers after features of {len(self.mean)}")
        if not self.count:
            self.count, self.mean, self.scatter = count, mean.clone(), scatter.clone()
            return
        total = self.count + count
        delta = mean - self.mean
        self.mean = self.mean + delta * (count / total)
        self.scatter += scatter
        self.scatter.addr_(delta, delta, alpha=self.count * count / total)
        self.count = total


class Rows(Accumulator):
    """All samples as they came, in their order, on the CPU: for metrics that compare samples one by one."""

    def __init__(self, parts: Iterable[Tensor] = ()) -> None:
        self._parts = list(parts)

    def update(self, rows: Tensor) -> None:
        """Takes a batch [B, ...]."""
        if self._parts and rows.shape[1:] != self._parts[0].shape[1:]:
            before, now = tuple(self._parts[0].shape[1:]), tuple(rows.shape[1:])
            raise MetricError(f"Rows: got samples of shape {now} after samples of shape {before}")
        self._parts.append(rows.detach().cpu())

    def merged(self, other: Self) -> Self:
        """Returns the rows of both, one after the other."""
        return type(self)([*self._parts, *other._parts])

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
        """Returns rows from what `tensors` returned."""
        return cls([tensors["rows"]] if tensors["rows"].numel() else [])


class Mean(Accumulator):
    """Count, mean and squared deviation of a stream of numbers, float64 (Welford 1962)."""

    def __init__(self) -> None:
        self._moments = Moments()

    def update(self, rows: Tensor) -> None:
        """Takes numbers [B]."""
        self._moments.update(rows.reshape(-1, 1))

    def merged(self, other: Self) -> Self:
        """Returns the mean of both streams together."""
        return self.of(self._moments.merged(other._moments).tensors())

    def tensors(self) -> dict[str, Tensor]:
        """Returns the moments."""
        return self._moments.tensors()

    @classmethod
    def of(cls, tensors: dict[str, Tensor]) -> Self:
        """Returns a mean from what `tensors` returned."""
        mean = cls()
        mean._moments = Moments.of(tensors)
        return mean

    @property
    def count(self) -> int:
        """How many numbers came."""
        return self._moments.count

    @property
    def value(self) -> float:
        """Their mean; NaN of none."""
        return float(self._moments.mean) if self.count else float("nan")

    @property
    def error(self) -> float:
        """The standard error of the mean, √(variance / N); NaN of fewer than two numbers."""
        return float((self._moments.covariance / self.count).sqrt()) if self.count > 1 else float("nan")
