"""Scores generated images while a run learns."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from torch import Tensor

from sparring.direction import ScoreDirection
from sparring.training.listener import Listener, View


class Evaluation(Listener):
    """Measures `count` samples of the averaged game past every `every` images, and at the end.

    Each of `measures` takes generated images [count, C, H, W] in [-1, 1], on the CPU in float32, and
    returns one number, smaller is better. The samples come from the same latents every time, not those
    of the sample grids, so that scores of one run differ by what was learned and not by luck. The game's own scores
    are told beside them; `scored` names those, with which values are good.
    """

    def __init__(
        self,
        every: int,
        measures: Mapping[str, Callable[[Tensor], float]],
        count: int = 1000,
        scored: Mapping[str, ScoreDirection] = MappingProxyType({}),
    ) -> None:
        self.every = every
        self.measures = measures
        self.count = count
        self.score_directions: Mapping[str, ScoreDirection] = {**dict.fromkeys(measures, "lower"), **scored}

    def score(self, view: View) -> Mapping[str, float]:
        """Returns each measure by its name where an evaluation is due, otherwise nothing."""
        if not view.passed(self.every) and view.images < view.target:
            return {}
        with view.averaged.evaluating():
            own = view.averaged.game_metrics(view.seed + 1)
        if not self.measures:
            return own
        images = view.averaged.draw_samples(self.count, view.seed + 1, view.sources(self.count)).detach().float().cpu()
        return {name: float(measure(images)) for name, measure in self.measures.items()} | dict(own)
