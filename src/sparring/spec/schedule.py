"""Schedules: numbers as functions of the real images seen in a run."""

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Callable
from itertools import pairwise
from math import cos, pi, tanh
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from sparring.spec import FAMILY_MARK, Count, Family, Spec

ImageCount = Annotated[Count, Field(gt=0)]


class Schedule(Family):
    """A number that depends only on the count of real images seen in a run.

    A field that takes a schedule also takes a plain number, read as `Constant`. `stationary` schedules are constant.
    """

    stationary: ClassVar[bool] = False

    @abstractmethod
    def at(self, images: int) -> float:
        """Returns the number after `images` real images."""

    @abstractmethod
    def extremes(self) -> tuple[float, ...]:
        """Returns values whose minimum and maximum bound the schedule."""


class Constant(Schedule):
    """A constant."""

    stationary: ClassVar[bool] = True

    value: float

    def at(self, images: int) -> float:
        return self.value

    def extremes(self) -> tuple[float, ...]:
        return (self.value,)


class Ramp(Schedule):
    """A schedule from `start` to `end` over the first `images`, constant afterwards."""

    start: float
    end: float
    images: ImageCount

    @abstractmethod
    def fraction(self, progress: float) -> float:
        """Returns the fraction of the way from `start` to `end` at a `progress` in [0, 1]."""

    def at(self, images: int) -> float:
        if images >= self.images:
            return self.end
        return self.start + (self.end - self.start) * self.fraction(images / self.images)

    def extremes(self) -> tuple[float, ...]:
        return self.start, self.end


class Linear(Ramp):
    """Linear from `start` to `end`.

    >>> Linear(start=1, end=0, images=1000).at(250)
    0.75
    """

    def fraction(self, progress: float) -> float:
        return progress


class Cosine(Ramp):
    """Half a period of a cosine from `start` to `end` (Loshchilov & Hutter 2017, eq. 5, without restarts)."""

    def fraction(self, progress: float) -> float:
        return (1 - cos(pi * progress)) / 2


class Logistic(Ramp):
    """Fast at first, then ever slower: the fraction 2/(1 + exp(-γp)) - 1 at the progress p (Ganin et al. 2016).

    γ is the `steepness`, 10 in their section 5.2.2, with less than a ten-thousandth of the way left at the end.
    """

    steepness: Annotated[float, Field(gt=0)] = 10.0

    def fraction(self, progress: float) -> float:
        return tanh(self.steepness * progress / 2)  # the same function without overflow


class Steps(Schedule):
    """The first of `values`, then the next one from each count in `images` on.

    >>> steps = Steps(values=(4, 2, 1), images=(1000, 3000))
    >>> [steps.at(images) for images in (0, 999, 1000, 5000)]
    [4.0, 4.0, 2.0, 1.0]
    """

    values: Annotated[tuple[float, ...], Field(min_length=1)]
    images: tuple[ImageCount, ...] = ()

    @model_validator(mode="after")
    def _increase(self) -> Self:
        if len(self.values) != len(self.images) + 1:
            raise ValueError(
                f"values: {len(self.values)} of them need {len(self.values) - 1} counts of images between; "
                f"there are {len(self.images)}"
            )
        if not all(one < other for one, other in pairwise(self.images)):
            raise ValueError(f"images: {', '.join(map(str, self.images))} do not increase")
        return self

    def at(self, images: int) -> float:
        return self.values[bisect_right(self.images, images)]

    def extremes(self) -> tuple[float, ...]:
        return self.values


def is_stationary(value: object) -> bool:
    """Whether `value` means the same at any point of a run: nothing in it is marked as not `stationary`."""
    if isinstance(value, Spec):
        return getattr(value, "stationary", True) and all(is_stationary(item) for _, item in value)
    items = value.values() if isinstance(value, dict) else value if isinstance(value, tuple | list) else ()
    return all(map(is_stationary, items))


def _read_number(value: Any) -> Any:
    try:
        return value if isinstance(value, bool) else Constant(value=float(value))
    except (TypeError, ValueError):
        return value


def _at_least(least: float) -> Callable[[Schedule], Schedule]:
    def check(schedule: Schedule) -> Schedule:
        if min(schedule.extremes()) < least:
            raise ValueError(f"must stay at {least:g} or above, goes to {min(schedule.extremes()):g}")
        return schedule

    return check


def _at_most(most: float) -> Callable[[Schedule], Schedule]:
    def check(schedule: Schedule) -> Schedule:
        if max(schedule.extremes()) > most:
            raise ValueError(f"must stay at {most:g} or below, goes to {max(schedule.extremes()):g}")
        return schedule

    return check


_NUMBER = WithJsonSchema({"anyOf": [{"type": "number"}, {FAMILY_MARK: "Schedule"}]})

Scheduled = Annotated[Schedule, BeforeValidator(_read_number), _NUMBER]
"""A schedule, or a constant."""

NonNegativeScheduled = Annotated[Scheduled, AfterValidator(_at_least(0))]
"""A schedule of numbers from 0 up."""

ScheduledFromOne = Annotated[Scheduled, AfterValidator(_at_least(1))]
"""A schedule of numbers from 1 up."""

ScheduledProbability = Annotated[NonNegativeScheduled, AfterValidator(_at_most(1))]
"""A schedule of numbers in [0, 1]."""
