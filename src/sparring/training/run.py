"""A game in training: its optimizers, averages and data, how far it has come, and the means of its numbers."""

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from math import cos, pi
from pathlib import Path

import torch
from torch import Tensor

from sparring.game import Game, Team
from sparring.game.stage import Stage
from sparring.network import Shape
from sparring.training.averages import Averages
from sparring.training.batches import Batches, Data
from sparring.training.compiling import Compiler
from sparring.training.folder import RunFolder
from sparring.training.graph_capture import GraphCapture
from sparring.training.health import Health
from sparring.training.listener import Listener, View
from sparring.training.plan import Training
from sparring.training.precision import Precision
from sparring.training.team_optimizer import build_optimizers, list_turns


class Progress:
    """Steps, real images and seconds of training so far; the clock runs during steps and stands still between them.

    Speed is measured between marks, which are set where the device has been waited for: a GPU's
    steps are only queued while they are played.
    """

    def __init__(self, step: int = 0, images: int = 0, seconds: float = 0.0) -> None:
        self.step = step
        self.images = images
        self.seconds = seconds
        self._mark = images, seconds
        self._speed = 0.0
        self._started = 0.0

    def start(self) -> None:
        """Starts the clock."""
        self._started = time.perf_counter()

    def pause(self) -> None:
        """Stops the clock."""
        self.seconds += time.perf_counter() - self._started

    def mark(self) -> None:
        """Ends a stretch over which speed is measured."""
        self._speed = self._speed_since_mark()
        self._mark = self.images, self.seconds

    def images_per_second(self) -> float:
        """Returns the speed between the last two marks, or so far where there is no mark yet; 0 before any step."""
        return self._speed or self._speed_since_mark()

    def _speed_since_mark(self) -> float:
        images, seconds = self.images - self._mark[0], self.seconds - self._mark[1]
        return images / seconds if seconds else 0.0


class MeanMetrics:
    """Collects scalars by group and name on the device, and reads their means at once."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], list[Tensor]] = {}

    def add(self, group: str, values: Mapping[str, Tensor]) -> None:
        """Adds scalars without waiting for them."""
        for name, value in values.items():
            self._values.setdefault((group, name), []).append(value.detach())

    def pop(self) -> dict[str, dict[str, float]]:
        """Returns the means since the last call, by group and name, and starts anew."""
        values, self._values = self._values, {}
        if not values:
            return {}
        read = torch.stack([torch.stack(scalars).float().mean() for scalars in values.values()]).tolist()
        means: dict[str, dict[str, float]] = {}
        for (group, name), mean in zip(values, read, strict=True):
            means.setdefault(group, {})[name] = mean
        return means


class Run(View):
    """What a step of training reads and changes; `play_step` in `loop` plays one, `Checkpointer` saves it."""

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
        self.autocast = precision.forward()
        self.seed = seed
        self.listeners = tuple(listeners)
        self.progress = Progress()
        self.metrics = MeanMetrics()
        self.health = Health(game)
        self.optimizers = build_optimizers(game, training)
        self.turns = list_turns(game, self.optimizers)
        self.averages = Averages(game, training.averages)
        self.batches = Batches(data, self.stage.batch, training.accumulation, precision, seed)
        self.graph_capture = GraphCapture(game) if allows_capture(game, training) else None
        self.compiled = Compiler(game).compiled if training.compiled else _not_compiled
        self._step_images = self.stage.batch * max(move.round + 1 for turn in self.turns for move in turn)

    @property
    def folder(self) -> Path:
        return self.home.path

    @property
    def step(self) -> int:
        return self.progress.step

    @property
    def images(self) -> int:
        return self.progress.images

    @property
    def target(self) -> int:
        return self.training.images

    @property
    def seconds(self) -> float:
        return self.progress.seconds

    @property
    def images_per_second(self) -> float:
        return self.progress.images_per_second()

    @property
    def shape(self) -> Shape:
        return self.game.sample

    @property
    def averaged(self) -> Game:
        return self.averages.game

    def sources(self, count: int) -> Tensor | None:
        return self.batches.data.sources(count) if self.game.condition.shape else None

    def passed(self, every: int) -> bool:
        return self.images // every > (self.images - self._step_images) // every

    def stage_is_over(self) -> bool:
        """Whether all steps of the stage have been played."""
        return self.images >= self.stage.end

    def learning_rate_factor(self) -> float:
        """Returns the factor of all learning rates at this point of the run."""
        final, after = self.training.final_rate, self.training.decay_after
        share = max(0.0, min(1.0, self.images / self.target) - after) / (1 - after)
        decay = final + (1 - final) * (1 + cos(pi * share)) / 2 if final < 1 else 1.0
        return decay * self.stage.rate

    def advance(self) -> None:
        """Counts a step whose moves have been played, and updates the averages."""
        self.progress.step += 1
        self.progress.images += self._step_images
        self.averages.update(self._step_images, self.images)


def allows_capture(game: Game, training: Training) -> bool:
    """Whether moves may be captured: wanted, float32, no accumulation, on the CPU, no buffers that a move changes."""
    wanted = training.recorded and training.accumulation == 1 and training.precision == "float32"
    return wanted and game.device.type == "cpu" and not any(True for _ in game.buffers())


def _not_compiled(team: Team, step: int) -> AbstractContextManager[None]:
    return nullcontext()
