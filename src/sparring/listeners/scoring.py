"""Scores the averaged game against real samples during a run, within a budget of time."""

import sys
import time
from collections.abc import Callable, Mapping

from sparring.evaluation import GameSamples, Scorer
from sparring.training.listener import Listener, View


def print_error(message: str) -> None:
    """Prints `message` on standard error."""
    print(message, file=sys.stderr)


class Scoring(Listener):
    """Scores `count` samples of the averaged game past every `every` images, and at the end.

    All evaluations use the same latents, of the run's seed + 1: other than those of the sample grids, and than those of
    `evaluate`, which has its plan's own seed. Skips an evaluation if evaluation would exceed `share` of the time since
    the run or stage (re)started, except for the first, which measures the time of one, and the last. An error is
    printed once and costs the run its scores, never the run.
    """

    def __init__(
        self,
        every: int,
        scorer: Scorer,
        classes: tuple[str, ...],
        count: int = 1000,
        share: float = 0.1,
        clock: Callable[[], float] = time.monotonic,
        complain: Callable[[str], None] = print_error,
    ) -> None:
        self.every = every
        self.scorer = scorer
        self.classes = classes
        self.count = count
        self.share = share
        self.clock = clock
        self.complain = complain
        self.score_directions = scorer.titles
        self._start = self._spent = self._last_duration = 0.0
        self._complaints: set[str] = set()

    def begin(self, view: View) -> None:
        """Starts the budget: the time of earlier evaluations is not known."""
        self._start = view.seconds

    def score(self, view: View) -> Mapping[str, float]:
        """Returns the scores by name if an evaluation is due and affordable, otherwise nothing."""
        last = view.images >= view.target
        if not last and not (view.passed(self.every) and self._affords(view.seconds - self._start)):
            return {}
        start = self.clock()
        try:
            return self._measure(view)
        except Exception as error:  # it must not end a sound run
            self._complain(f"an evaluation failed, and its scores are left out: {error}")
            return {}
        finally:
            self._spent += self.clock() - start

    def _affords(self, seconds: float) -> bool:
        spent = self._spent + self._last_duration
        return spent <= self.share * (seconds + spent) or not self._spent

    def _measure(self, view: View) -> Mapping[str, float]:
        self.scorer.real  # noqa: B018 (computed once, which is not part of an evaluation's time)
        start = self.clock()
        name = f"{view.folder} at {view.images} images"
        sources = view.sources(self.count)
        samples = GameSamples(view.averaged, self.count, view.seed + 1, name, self.classes, sources=sources)
        scores = self.scorer.score_all(samples)
        for metric, why in scores.failures.items():
            self._complain(f"{metric} is left out: {why}")
        self._last_duration = self.clock() - start
        return scores.by_name()

    def _complain(self, message: str) -> None:
        if message not in self._complaints:
            self._complaints.add(message)
            self.complain(message)
