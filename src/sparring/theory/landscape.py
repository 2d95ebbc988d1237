"""The number of bad minima of a loss between n generated points and n data points."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations, product
from math import log

from sparring.theory.distributions import small_enough

OFF = -1
"""The place of a generated point off the data."""

Assignment = tuple[int, ...]
"""The data point under each generated point, or `OFF`."""


def separable_value(assignment: Assignment) -> float:
    """Returns max_D of the original loss, 2 JS - ln 4, between n data points and the generated points.

    D is any function; only coincidences matter: a data point under m generated ones contributes
    (1/n)(ln(1/(1+m)) + m ln(m/(1+m))), everything else 0 (Sun et al. 2020, section 4).

    >>> round(separable_value((0, 1)), 6)
    -1.386294
    """
    counts = Counter(place for place in assignment if place != OFF)
    return -sum((1 + m) * log(1 + m) - m * log(m) for m in counts.values()) / len(assignment)


def paired_value(assignment: Assignment) -> float:
    """Returns max_D of the relativistic pairing's loss, (1/n) Σ_i ln σ(D(x_i) - D(y_i)).

    y_i on data point j is an edge i → j. Around a cycle the differences sum to 0, and by concavity each is
    worth -ln 2; edges on no cycle can reach 0 (Sun et al. 2020, section 5).

    >>> round(paired_value((0, 0)), 6)
    -0.346574
    """
    return -log(2) * sum(_returns(start, assignment) for start in range(len(assignment))) / len(assignment)


@dataclass(frozen=True)
class Landscape:
    """Counts of minima over all assignments of n generated points to n data points."""

    global_minima: int
    strict_bad_minima: int
    trapped: int
    """Assignments from which every path to a global minimum climbs."""


def count_minima(count: int, value: Callable[[Assignment], float] = separable_value) -> Landscape:
    """Enumerates all assignments of `count` points and counts minima by moving points off their places.

    An assignment is a strict minimum if every small move raises the value: all points sit on data, and moving
    any subset of them off costs. It is trapped if no sequence of single moves (off a data point, or from
    nowhere onto one) leads to a global minimum without climbing.

    Raises:
        SpecError: `count` is more than 4.

    >>> count_minima(2).strict_bad_minima, count_minima(2, paired_value).strict_bad_minima
    (2, 0)
    """
    small_enough("count", count, 4)
    states = {state: value(state) for state in product((OFF, *range(count)), repeat=count)}
    least = min(states.values())
    best = {state for state, height in states.items() if height < least + 1e-12}
    strict = {state for state in states if _is_strict(state, states)}
    reached, frontier = set(best), list(best)
    # walk the paths backwards, from the global minima to all states that can descend into them
    while frontier:
        state = frontier.pop()
        above = [near for near in _neighbours(state) if near not in reached and states[near] > states[state] - 1e-12]
        reached.update(above)
        frontier += above
    return Landscape(len(best), len(strict - best), len(states) - len(reached))


def _returns(start: int, assignment: Assignment) -> bool:
    place = assignment[start]
    for _ in assignment:
        if place in (OFF, start):
            break
        place = assignment[place]
    return place == start


def _is_strict(state: Assignment, states: dict[Assignment, float]) -> bool:
    if OFF in state:
        return False
    indices = range(len(state))
    moved = (set(chosen) for size in range(1, len(state) + 1) for chosen in combinations(indices, size))
    around = (tuple(OFF if index in chosen else state[index] for index in indices) for chosen in moved)
    return all(states[near] > states[state] + 1e-12 for near in around)


def _neighbours(state: Assignment) -> Iterator[Assignment]:
    for index, place in enumerate(state):
        places = range(len(state)) if place == OFF else (OFF,)
        for other in places:
            yield (*state[:index], other, *state[index + 1 :])
