"""Scores a game on held-out samples."""

from collections.abc import Mapping

from torch import Tensor

from sparring.direction import ScoreDirection
from sparring.training.listener import Listener, View


class HeldOut(Listener):
    """Computes validation metrics on held-out samples [M, *shape] past every `every` images, and at the end.

    `condition` [M] belongs to the samples; `directions` maps each metric to its good values.
    """

    def __init__(
        self, every: int, samples: Tensor, condition: Tensor | None, directions: Mapping[str, ScoreDirection]
    ) -> None:
        self.every = every
        self.samples = samples
        self.condition = condition
        self.score_directions = directions

    def score(self, view: View) -> Mapping[str, float]:
        """Returns the averaged game's validation metrics by name if they are due, otherwise nothing."""
        if not view.passed(self.every) and view.images < view.target:
            return {}
        game = view.averaged
        condition = None if self.condition is None else self.condition.to(game.device)
        with game.evaluating():
            return game.validation_metrics(self.samples.to(game.device), condition)
