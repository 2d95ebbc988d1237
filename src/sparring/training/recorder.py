"""Calls a run's listeners after every step, and reads the numbers of the log where they are due."""

from collections.abc import Mapping

from sparring.training.listener import Record
from sparring.training.memory import peak_memory_mb
from sparring.training.run import Run

Means = dict[str, dict[str, float]]


class Recorder:
    """Makes a `Record` of the steps since the one before, every `record_every` images and where a score is new."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def record_step(self, last: bool) -> Mapping[str, float]:
        """Calls the listeners after a step, the `last` of a session or not; returns their new scores by name.

        Raises:
            DivergenceError: a number that was due to be read is not finite.
        """
        run = self.run
        due = last or run.passed(run.training.record_every)
        means: Means = {}
        if due:
            run.progress.start()  # it waits for the device, which is training time
            means = self._read()
            run.progress.pause()
            run.progress.mark()
        for listener in run.listeners:
            listener.step(run)
        scores = {name: score for listener in run.listeners for name, score in listener.score(run).items()}
        if due or scores:
            self._record(means or self._read(), scores)
        return scores

    def _read(self) -> Means:
        self.run.health.settle(self.run.step)
        return self.run.metrics.pop()

    def _record(self, means: Means, scores: Mapping[str, float]) -> None:
        run = self.run
        observations = means.pop("observations", {})
        losses = {group.removeprefix("losses/"): values for group, values in means.items()}
        memory = peak_memory_mb(run.precision.device)
        record = Record(run.step, run.images, run.seconds, run.images_per_second, memory, losses, observations, scores)
        for listener in run.listeners:
            listener.record(run, record)
