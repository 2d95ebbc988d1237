"""Examines a game on samples that it never learned from."""

from collections.abc import Mapping

from torch import Tensor

from sparring.direction import ScoreDirection
from sparring.training.listener import Listener, View


class HeldOut(Listener):
    """Asks the averaged game what it says of held-out samples [M, *sample] past every `every` images, and at the end.

    `condition` [M] is what the data tells of them; `examined` names the scores, with which values are good.
    """

    def __init__(
        self, every: int, samples: Tensor, condition: Tensor | None, examined: Mapping[str, ScoreDirection]
    ) -> None:
        self.every = every
        self.samples = samples
        self.condition = condition
        self.score_directions = examined

    def score(self, view: View) -> Mapping[str, float]:
        """Returns what the game says of the samples, by name, where that is due."""
        if not view.passed(self.every) and view.images < view.target:
            return {}
        game = view.averaged
        told = None if self.condition is None else self.condition.to(game.device)
        with game.evaluating():
            return game.validation_metrics(self.samples.to(game.device), told)
