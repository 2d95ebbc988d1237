"""The range and the ticks of a chart's axis."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sparring.listeners.formatting import format_count, format_number

_LOGARITHMIC_FROM = 1000.0  # a ratio of largest to smallest
_CLIPPED_FROM = 10.0  # a ratio of the whole range to that of all but the outermost hundredths


@dataclass(frozen=True)
class Axis:
    """The range from `low` to `high`, linear or logarithmic; `clipped` if some values lie outside."""

    low: float
    high: float
    logarithmic: bool = False
    clipped: bool = False

    def place(self, value: float) -> float:
        """Returns the position of `value`: 0 at `low`, 1 at `high`, at most one length outside."""
        if self.logarithmic:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return min(max(share, -1.0), 2.0)

    def ticks(self, count: int = 5) -> dict[float, str]:
        """Returns about `count` round numbers inside the axis with their labels."""
        return self._decades(count) if self.logarithmic else self._even_ticks(count)

    def _decades(self, count: int) -> dict[float, str]:
        powers = range(math.ceil(math.log10(self.low)), math.floor(math.log10(self.high)) + 1)
        stride = max(1, math.ceil(len(powers) / count))
        return {10.0**power: format_number(10.0**power) for power in powers[::stride]}

    def _even_ticks(self, count: int) -> dict[float, str]:
        rough = (self.high - self.low) / count
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.7)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return {index * step: _label(index * step, step) for index in range(first, last + 1)}


def axis_for(values: Iterable[float]) -> Axis:
    """Returns an axis for `values`, ignoring those that are not finite.

    If a few spikes, at most a hundredth of the values, would flatten everything else, they are
    clipped. Positive values that span three decades without them get a logarithmic axis.

    >>> axis_for([1.0, 10.0, 100_000.0]).logarithmic
    True
    >>> axis_for([*range(-50, 50), 1e9]).clipped
    True
    """
    finite = sorted(value for value in values if math.isfinite(value))
    if not finite:
        return Axis(0.0, 1.0)
    low, high = finite[0], finite[-1]
    inner_low, inner_high = _inner_range(finite)
    if low > 0 and inner_high / inner_low >= _LOGARITHMIC_FROM:
        return Axis(low / 1.2, high * 1.2, logarithmic=True)
    if high - low > _CLIPPED_FROM * (inner_high - inner_low) > 0:
        return _padded(max(low, inner_low), min(high, inner_high), clipped=True)
    return _padded(low, high, clipped=False)


def count_axis(values: Iterable[float]) -> Axis:
    """Returns an axis from 0 to the largest of `values`."""
    return Axis(0.0, max(values, default=0.0) or 1.0)


def _inner_range(values: Sequence[float]) -> tuple[float, float]:
    outer = math.ceil(len(values) / 100) if len(values) >= 10 else 0
    inner = values[outer : len(values) - outer]
    return inner[0], inner[-1]


def _padded(low: float, high: float, clipped: bool) -> Axis:
    span = high - low
    # A constant gets an axis around itself; so does one that differs by rounding only.
    pad = 0.06 * span if span > 1e-9 * max(abs(low), abs(high)) else 0.5 * abs(high) or 1.0
    return Axis(low - pad, high + pad, clipped=clipped)


def _label(value: float, step: float) -> str:
    if abs(value) >= 1e4 and step >= 1:
        return format_count(value)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value:.{decimals}f}" if decimals <= 5 and abs(value) < 1e6 else format_number(value)
