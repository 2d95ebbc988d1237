"""Scores generated samples during a run by cheap measures."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from torch import Tensor

from sparring.direction import ScoreDirection
from sparring.training.listener import Listener, View


class Evaluation(Listener):
    """Measures `count` samples of the averaged game past every `every` images, and at the end.

    Each of `measures` takes generated samples [count, *shape] in [-1, 1], on the CPU in float32, and
    returns one number, smaller is better. All evaluations use the same latents, other than those of the sample
    grids: scores of one run differ by learning, not by luck. The game's own metrics follow; `game_directions`
    maps them to their good values.
    """

    def __init__(
        self,
        every: int,
        measures: Mapping[str, Callable[[Tensor], float]],
        count: int = 1000,
        game_directions: Mapping[str, ScoreDirection] = MappingProxyType({}),
    ) -> None:
        self.every = every
        self.measures = measures
        self.count = count
        self.score_directions: Mapping[str, ScoreDirection] = {**dict.fromkeys(measures, "lower"), **game_directions}

    def score(self, view: View) -> Mapping[str, float]:
        """Returns all scores by name if an evaluation is due, otherwise nothing."""
        if not view.passed(self.every) and view.images < view.target:
            return {}
        with view.averaged.evaluating():
            metrics = view.averaged.game_metrics(view.seed + 1)
        if not self.measures:
            return metrics
        samples = view.averaged.draw_samples(self.count, view.seed + 1, view.sources(self.count)).detach().float().cpu()
        return {name: float(measure(samples)) for name, measure in self.measures.items()} | dict(metrics)
