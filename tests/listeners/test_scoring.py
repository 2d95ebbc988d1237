"""When a run is scored, what that may cost, and that it never ends the run."""

import pytest

from sparring.evaluation.scorer import EvaluationResult
from sparring.listeners.scoring import Scoring


class Scorer:
    """Takes `seconds` a set on a clock of its own."""

    titles = {"FD": "lower", "precision": "higher", "MS-SSIM": "real"}
    real = None

    def __init__(self, seconds=0.0, fails=None):
        self.now, self.seconds, self.fails, self.calls = 0.0, seconds, fails, []

    def clock(self):
        return self.now

    def score_all(self, samples):
        self.now += self.seconds
        self.calls.append(samples)
        if self.fails:
            raise self.fails
        scores = EvaluationResult(None)
        scores.failures["CAS"] = "no labels"
        scores.by_name = lambda: {"FD": 1.0}
        return scores


def play(view, scorer, steps=10, messages=None, **fields):
    messages = [] if messages is None else messages
    scoring = Scoring(1, scorer, (), count=6, clock=scorer.clock, complain=messages.append, **fields)
    scores = []
    for _ in range(steps):
        view.advance()
        scores.append(scoring.score(view))
    return scores


def test_every_due_evaluation_that_costs_nothing_is_made(view):
    assert [sorted(score) for score in play(view, Scorer(), steps=4)] == [["FD"]] * 4


def test_an_evaluation_that_would_take_more_than_its_share_is_skipped(view):
    scorer = Scorer(seconds=view.seconds + 1000.0)
    scores = play(view, scorer, steps=3)
    assert scores[0]
    assert not any(scores[1:])


def test_the_last_evaluation_is_always_taken(view):
    scorer = Scorer(seconds=1000.0)
    play(view, scorer, steps=1)
    view.target = view.images
    assert Scoring(1, scorer, ()).score(view) == {"FD": 1.0}


def test_the_same_latents_are_drawn_every_time_and_not_those_of_the_grids(view):
    scorer = Scorer()
    play(view, scorer, steps=2)
    assert [samples.seed for samples in scorer.calls] == [view.seed + 1] * 2
    assert [samples.count for samples in scorer.calls] == [6, 6]


def test_the_directions_of_the_scores_are_the_scorers(view):
    assert Scoring(1, Scorer(), ()).score_directions == {"FD": "lower", "precision": "higher", "MS-SSIM": "real"}


def test_a_resumed_run_has_only_the_share_of_its_own_time(view):
    view.seconds = 1_000_000.0  # earlier sessions, whose evaluations are not known
    scorer, scores = Scorer(seconds=1000.0), []
    scoring = Scoring(1, scorer, (), clock=scorer.clock, share=0.1)
    scoring.begin(view)
    for seconds in (0.0, 9_000.0, 9_000.0):
        view.seconds += seconds
        view.advance()
        scores.append(bool(scoring.score(view)))
    assert scores == [True, False, True]


@pytest.mark.parametrize("error", [ValueError("odd"), RuntimeError("out of memory")])
def test_no_failure_ends_a_run_and_each_is_printed_once(view, error):
    messages = []
    assert play(view, Scorer(fails=error), steps=3, messages=messages) == [{}, {}, {}]
    assert messages == [f"an evaluation failed, and its scores are left out: {error}"]
    messages.clear()
    play(view, Scorer(), steps=3, messages=messages)
    assert messages == ["CAS is left out: no labels"]
