"""Scores the averaged game against real samples while a run learns, within a budget of time."""

import sys
import time
from collections.abc import Callable, Mapping

from sparring.evaluation import GameSamples, Scorer
from sparring.training.listener import Listener, View


def tell(message: str) -> None:
    """Says `message` on standard error."""
    print(message, file=sys.stderr)


class Scoring(Listener):
    """Scores `count` samples of the averaged game past every `every` images, and at the end.

    The samples come from the same latents every time, drawn from the run's seed + 1: not those of the sample grids,
    nor those of `evaluate`, which draws from its plan's own seed. An evaluation that would bring the time spent on
    them above `share` of the run's, since it, or a stage of it, was begun or resumed, is passed over. Two never are:
    the first one since then, as only that tells what they take, and the one at the run's end, so that a finished run
    has its scores. What goes wrong is told once and costs the run its scores, never the run.
    """

    def __init__(
        self,
        every: int,
        scorer: Scorer,
        classes: tuple[str, ...],
        count: int = 1000,
        share: float = 0.1,
        clock: Callable[[], float] = time.monotonic,
        tell: Callable[[str], None] = tell,
    ) -> None:
        self.every = every
        self.scorer = scorer
        self.classes = classes
        self.count = count
        self.share = share
        self.clock = clock
        self.tell = tell
        self.score_directions = scorer.titles
        self._began = self._spent = self._lasts = 0.0
        self._told: set[str] = set()

    def begin(self, view: View) -> None:
        """Counts the run's time from here: what evaluations took of it before is not known."""
        self._began = view.seconds

    def score(self, view: View) -> Mapping[str, float]:
        """Returns the scores by name where an evaluation is due and affordable, otherwise nothing."""
        last = view.images >= view.target
        if not last and not (view.passed(self.every) and self._affords(view.seconds - self._began)):
            return {}
        start = self.clock()
        try:
            return self._measure(view)
        except Exception as error:  # whatever it is, it must not end a sound run
            self._complain(f"an evaluation failed, and its scores are left out: {error}")
            return {}
        finally:
            self._spent += self.clock() - start

    def _affords(self, seconds: float) -> bool:
        spent = self._spent + self._lasts
        return spent <= self.share * (seconds + spent) or not self._spent

    def _measure(self, view: View) -> Mapping[str, float]:
        self.scorer.real  # noqa: B018 (looked at once, which is not what an evaluation costs)
        start = self.clock()
        name = f"{view.folder} at {view.images} images"
        told = view.sources(self.count)
        samples = GameSamples(view.averaged, self.count, view.seed + 1, name, self.classes, sources=told)
        scores = self.scorer.score_all(samples)
        for metric, why in scores.failures.items():
            self._complain(f"{metric} is left out: {why}")
        self._lasts = self.clock() - start
        return scores.by_name()

    def _complain(self, message: str) -> None:
        if message not in self._told:
            self._told.add(message)
            self.tell(message)
