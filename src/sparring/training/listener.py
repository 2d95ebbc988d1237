"""What a run tells while it is played, and the shape of those who hear it: they read, never write."""

from collections.abc import Mapping
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

    `seconds` is time spent training, pauses between resumed sessions left out. `losses` are by team
    and name, weights applied; `observations` are other numbers (mean scores of real and generated
    samples, for example); `scores` are filled only where an evaluation was due.
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
    """The face that a run shows to its listeners."""

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
    def seed(self) -> int:
        """The recipe's seed."""

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
    """Hears a run; every method may be left as it is, and none may change the run.

    `step` is called after every step and must not force a device to synchronize. `better` says of its scores which
    values are good; a run keeps its best checkpoint by one that is named there.
    """

    score_directions: Mapping[str, ScoreDirection] = MappingProxyType({})

    def begin(self, view: View) -> None:
        """The run starts or resumes."""

    def step(self, view: View) -> None:
        """A step has been played."""

    def score(self, view: View) -> Mapping[str, float]:
        """Returns new scores, by name, when an evaluation is due."""
        return {}

    def record(self, view: View, record: Record) -> None:
        """A line of numbers was read from the device."""

    def saved(self, view: View, checkpoint: Path) -> None:
        """A checkpoint was written."""

    def end(self, view: View, ending: str) -> None:
        """The run ends: `finished`, `stopped` by the user, or `failed`; or a stage of it, and it is `running` on."""
