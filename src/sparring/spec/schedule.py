"""Numbers that change while a run is played, as functions of the real images shown so far."""

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Callable
from itertools import pairwise
from math import cos, pi, tanh
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from sparring.spec import FAMILY_MARK, Count, Family, Spec

Images = Annotated[Count, Field(gt=0)]


class Schedule(Family):
    """A number that depends on how many real images a run has shown, and on nothing else.

    A field that takes a schedule takes a plain number too, and reads it as `Constant`. `stationary` says that
    it is the same at any point of a run.
    """

    stationary: ClassVar[bool] = False

    @abstractmethod
    def at(self, images: int) -> float:
        """Returns the number once `images` real images have been shown."""

    @abstractmethod
    def extremes(self) -> tuple[float, ...]:
        """Returns numbers between whose smallest and largest the schedule always stays."""


class Constant(Schedule):
    """The same number all along."""

    stationary: ClassVar[bool] = True

    value: float

    def at(self, images: int) -> float:
        return self.value

    def extremes(self) -> tuple[float, ...]:
        return (self.value,)


class Ramp(Schedule):
    """What all members share: from `start` to `end` while the first `images` are shown, and `end` from then on."""

    start: float
    end: float
    images: Images

    @abstractmethod
    def share(self, progress: float) -> float:
        """Returns how much of the way has been gone at a `progress` in [0, 1]."""

    def at(self, images: int) -> float:
        if images >= self.images:
            return self.end
        return self.start + (self.end - self.start) * self.share(images / self.images)

    def extremes(self) -> tuple[float, ...]:
        return self.start, self.end


class Linear(Ramp):
    """A straight line from `start` to `end`.

    >>> Linear(start=1, end=0, images=1000).at(250)
    0.75
    """

    def share(self, progress: float) -> float:
        return progress


class Cosine(Ramp):
    """Half a period of a cosine from `start` to `end` (Loshchilov & Hutter 2017, eq. 5, without restarts)."""

    def share(self, progress: float) -> float:
        return (1 - cos(pi * progress)) / 2


class Logistic(Ramp):
    """Fast at first, then ever more slowly: 2/(1 + exp(-γp)) - 1 of the way at the progress p (Ganin et al. 2016).

    γ is the `steepness`, 10 in their section 5.2.2: at the end less than a ten-thousandth of the way is left.
    """

    steepness: Annotated[float, Field(gt=0)] = 10.0

    def share(self, progress: float) -> float:
        return tanh(self.steepness * progress / 2)  # the same function, and no overflow


class Steps(Schedule):
    """The first of `values` at the beginning, and the next one from each of the counts in `images` on.

    >>> steps = Steps(values=(4, 2, 1), images=(1000, 3000))
    >>> [steps.at(shown) for shown in (0, 999, 1000, 5000)]
    [4.0, 4.0, 2.0, 1.0]
    """

    values: Annotated[tuple[float, ...], Field(min_length=1)]
    images: tuple[Images, ...] = ()

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
    """Whether `value` means the same at any point of a run: nothing within it is said not to be `stationary`."""
    if isinstance(value, Spec):
        return getattr(value, "stationary", True) and all(is_stationary(held) for _, held in value)
    held = value.values() if isinstance(value, dict) else value if isinstance(value, tuple | list) else ()
    return all(map(is_stationary, held))


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
"""A schedule, or a number that never changes."""

NonNegativeScheduled = Annotated[Scheduled, AfterValidator(_at_least(0))]
"""A schedule of numbers of 0 and above."""

ScheduledFromOne = Annotated[Scheduled, AfterValidator(_at_least(1))]
"""A schedule of numbers of 1 and above."""

ScheduledProbability = Annotated[NonNegativeScheduled, AfterValidator(_at_most(1))]
"""A schedule of numbers in [0, 1]."""
