"""A recipe being played, in its own folder: progress, saving and resuming, and those who listen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, pi
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from sparring.game import Batch, Game, Losses
from sparring.game.stage import Stage
from sparring.network import Shape
from sparring.training.averages import Averages
from sparring.training.clock import Clock
from sparring.training.compiling import Compiler
from sparring.training.folder import RunFolder
from sparring.training.graph_capture import GraphCapture
from sparring.training.health import Health
from sparring.training.interruption import Interruption
from sparring.training.listener import Listener, Record
from sparring.training.mean_metrics import MeanMetrics
from sparring.training.memory import peak_memory_mb
from sparring.training.plan import Training
from sparring.training.precision import Precision
from sparring.training.streams import DataOrder, Integers, derive_seed
from sparring.training.team_optimizer import Move, build_optimizers, list_turns


class Data(Protocol):
    """What a run needs of a data set."""

    def __len__(self) -> int:
        """The number of samples."""

    def batch(self, indices: Integers, random: torch.Generator) -> tuple[Tensor, Tensor | None]:
        """Returns samples [B, *shape] in [-1, 1] and their conditions [B], or None; `random` draws flips and crops."""

    def sources(self, count: int) -> Tensor | None:
        """Returns images for a game to translate, [count, *shape], always the same; None where there are none."""


@dataclass
class Progress:
    """How far a run had come when it was resumed or saved; `seconds` is time spent playing."""

    step: int = 0
    images: int = 0
    seconds: float = 0.0


def _can_be_recorded(training: Training) -> bool:
    return training.recorded and training.accumulation == 1 and training.precision == "float32"


class Run:
    """Everything that one run holds; `play` in `loop` moves it on, `Checkpointer` saves it."""

    def __init__(
        self,
        game: Game,
        data: Data,
        training: Training,
        folder: RunFolder,
        precision: Precision,
        seed: int,
        listeners: Sequence[Listener] = (),
        stage: Stage | None = None,
    ) -> None:
        precision.place_network(game)
        self.stage = stage or Stage(game.sample, 0, training.images, training.batch)
        game.on_stage_start(self.stage)
        self.game = game
        self.training = training
        self.home = folder
        self.precision = precision
        self.seed = seed
        self.rank = 0
        self.listeners = tuple(listeners)
        self.score_directions = {
            name: better for listener in self.listeners for name, better in listener.score_directions.items()
        }
        self.optimizers = build_optimizers(game, training)
        self.averages = Averages(game, training.averages)
        self.health = Health(game)
        self.graph_capture = GraphCapture(game, _can_be_recorded(training))
        self.compiler = Compiler(game, training.compiled)
        self.interruption = Interruption()
        self.progress = Progress()
        self.mean_metrics = MeanMetrics()
        self.scores: dict[str, float] = {}
        self.scored_at = -1
        self._data = data
        self._order = DataOrder(len(data), seed)
        self._turns = list_turns(game, self.optimizers)
        self._rounds = max(move.round for turn in self._turns for move in turn) + 1
        self._shown = self.stage.batch * self._rounds
        self._random, self._flips = torch.Generator(game.device), torch.Generator()
        self._shared: dict[tuple[int, int], dict[str, Tensor]] = {}
        self._clock = Clock()

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return self.home.path

    @property
    def step(self) -> int:
        """Steps played so far."""
        return self.progress.step

    @property
    def images(self) -> int:
        """Real images shown so far."""
        return self.progress.images

    @property
    def target(self) -> int:
        """Real images to show in all."""
        return self.training.images

    @property
    def seconds(self) -> float:
        """Time spent playing so far, earlier sessions included."""
        return self.progress.seconds + self._clock.seconds

    @property
    def images_per_second(self) -> float:
        """Speed over the last steps, listeners' time left out."""
        return self._clock.images_per_second()

    @property
    def shape(self) -> Shape:
        """The shape of one sample."""
        return self.game.sample

    @property
    def averaged(self) -> Game:
        """The game with averaged players."""
        return self.averages.game

    def sources(self, count: int) -> Tensor | None:
        """Returns images for the game to translate, [count, *shape]; None for games that do not."""
        return self._data.sources(count) if self.game.condition.shape else None

    def passed(self, every: int) -> bool:
        """Whether the last step went past a multiple of `every` images."""
        return self.images // every > (self.images - self._shown) // every

    def goes_on(self) -> bool:
        """Whether another step of the stage is to be played."""
        return self.images < self.stage.end and self.interruption.signal is None

    def is_over(self) -> bool:
        """Whether there is nothing more to play, in this stage or another."""
        return self.images >= self.target

    def rate(self) -> float:
        """What learning rates are multiplied by at this point of the run."""
        final, after = self.training.final_rate, self.training.decay_after
        way = max(0.0, min(1.0, self.images / self.target) - after) / (1 - after)
        share = final + (1 - final) * (1 + cos(pi * way)) / 2 if final < 1 else 1.0
        return share * self.stage.rate

    def turns(self) -> Iterator[Sequence[Move]]:
        """Returns the turns of one step in their order, each with the moves that are made at once."""
        self._clock.start()
        return map(self._begin, self._turns)

    def batches(self, move: Move) -> Iterator[Batch]:
        """Yields the micro-batches of a move; a team's n-th move of a step sees the step's n-th batch of data."""
        size = self.stage.batch // self.training.accumulation
        for part in range(self.training.accumulation):
            start = self.images + move.round * self.stage.batch + part * size
            self._flips.manual_seed(derive_seed(self.seed, "data", start, self.rank))
            real, condition = self._data.batch(self._order.indices(start, size), self._flips)
            seed = derive_seed(self.seed, "move", self.step, move.place, part, self.rank)
            self._random.manual_seed(seed)
            self.precision.seed(seed)
            told = None if condition is None else self.precision.place(condition)
            shared = self._shared.setdefault((move.round, part), {})
            given = (self.precision.place(real), told, self.step, self._random)
            yield Batch(*given, images=self.images, shared=shared, parts=self.training.accumulation)

    def report(self, move: Move, losses: Losses, batch: Batch) -> None:
        """Notes losses and observations for the next line of the log, on the device."""
        self.mean_metrics.add(f"losses/{move.optimizer.team.name}", losses)
        self.mean_metrics.add("observations", batch.observations)

    def advance(self) -> None:
        """Ends a step: averages, progress, listeners, log."""
        self.progress.step += 1
        self.progress.images += self._shown
        self.averages.update(self._shown, self.images)
        due = self.passed(self.training.record_every) or not self.goes_on()
        numbers = self._read() if due else {}  # waits for the device, which is training time
        self._clock.stop(self._shown)
        if due:
            self._clock.mark()
        for listener in self.listeners:
            listener.step(self)
        scores = {name: value for listener in self.listeners for name, value in listener.score(self).items()}
        if scores:
            self.scores, self.scored_at = scores, self.images
        if due or scores:
            self._record(numbers or self._read(), scores)

    def _begin(self, turn: Sequence[Move]) -> Sequence[Move]:
        self._shared.clear()  # after another turn's steps nothing of it holds any more
        return turn

    def _read(self) -> dict[str, dict[str, float]]:
        self.health.settle(self.step)
        return self.mean_metrics.take()

    def _record(self, numbers: dict[str, dict[str, float]], scores: dict[str, float]) -> None:
        observations = numbers.pop("observations", {})
        losses = {group.removeprefix("losses/"): values for group, values in numbers.items()}
        speed, memory = self.images_per_second, peak_memory_mb(self.precision.device)
        record = Record(self.step, self.images, self.seconds, speed, memory, losses, observations, scores)
        for listener in self.listeners:
            listener.record(self, record)
