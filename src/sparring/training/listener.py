"""The interface between a run and its listeners: they read, they never change the run."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from torch import Tensor

from sparring.direction import ScoreDirection
from sparring.game import Game
from sparring.network import Shape


@dataclass(frozen=True)
class Record:
    """One line of `log.jsonl`: means since the line before, read from the device at once.

    `seconds` is time spent training, in all sessions. `losses` are by team and name, weights applied;
    `observations` are other numbers (mean scores of real and generated samples, for example); `scores` are
    filled only where an evaluation was due.
    """

    step: int
    images: int
    seconds: float
    images_per_second: float
    memory_mb: float
    losses: Mapping[str, Mapping[str, float]]
    observations: Mapping[str, float] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)

    def line(self) -> dict[str, Any]:
        """Returns the record as `log.jsonl` holds it."""
        return asdict(self)


class View(Protocol):
    """What a run shows to its listeners; `seed` is the recipe's."""

    seed: int

    @property
    def folder(self) -> Path:
        """The run's folder."""

    @property
    def step(self) -> int:
        """Steps played so far; a step is one pass over the game's order of moves."""

    @property
    def images(self) -> int:
        """Real images shown so far."""

    @property
    def target(self) -> int:
        """Real images to show in all."""

    @property
    def seconds(self) -> float:
        """Time spent training so far, earlier sessions of the same run included."""

    @property
    def images_per_second(self) -> float:
        """Recent speed."""

    @property
    def shape(self) -> Shape:
        """The shape of one image, `(C, H, W)`."""

    @property
    def averaged(self) -> Game:
        """The game with averaged players in evaluation mode where the recipe averages a team."""

    def sources(self, count: int) -> Tensor | None:
        """Returns `count` images of the data for a game to translate, always the same; None for other games."""

    def passed(self, every: int) -> bool:
        """Whether this step went past a multiple of `every` images."""


class Listener:
    """Follows a run; every method may be left as it is, and none may change the run.

    `step` is called after every step and must not force a device to synchronize. `score_directions` maps its scores to
    the values that are good; a run keeps its best checkpoint by one that is named there.
    """

    score_directions: Mapping[str, ScoreDirection] = MappingProxyType({})

    def begin(self, view: View) -> None:
        """Called when the run starts or resumes."""

    def step(self, view: View) -> None:
        """Called after every step."""

    def score(self, view: View) -> Mapping[str, float]:
        """Returns new scores, by name, when an evaluation is due; called after every step."""
        return {}

    def record(self, view: View, record: Record) -> None:
        """Called with the numbers of the last steps."""

    def saved(self, view: View, checkpoint: Path) -> None:
        """Called when a checkpoint was written."""

    def end(self, view: View, status: str) -> None:
        """Called at the end: `finished`, `stopped` by the user, `failed`, or `running` on in the next stage."""


def score_directions(listeners: Iterable[Listener]) -> dict[str, ScoreDirection]:
    """Returns the good values of all scores of `listeners`."""
    return {name: direction for listener in listeners for name, direction in listener.score_directions.items()}
