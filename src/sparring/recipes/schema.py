"""A recipe: everything a run needs, written down."""

from typing import Annotated

import torch
from pydantic import Field, PositiveInt

from sparring.data import Source
from sparring.game import Game
from sparring.metrics.metric import Metric
from sparring.network import Condition, Shape
from sparring.spec import Spec
from sparring.training.plan import ImageCount, Training


class Listening(Spec):
    """What is recorded during a run, and how often, in images.

    A grid of `sample_count` samples is written every `samples_every`. Every `scores_every`, `score_count` samples are
    scored by cheap measures, and by `metrics` on features of the `backbone`. The metrics take at most `score_share` of
    the run's time, the first and the last evaluation excepted. `tensorboard` writes event files too.
    """

    samples_every: ImageCount = 20_000
    sample_count: PositiveInt = 64
    scores_every: ImageCount = 20_000
    score_count: PositiveInt = 1_000
    metrics: tuple[Metric, ...] = ()
    backbone: str = "lite0"
    score_share: Annotated[float, Field(gt=0, le=1)] = 0.1
    tensorboard: bool = False


class Recipe(Spec):
    """A game, its data, its training, and what is recorded of the run.

    Fields are written in full (`game.generator.width`) or without their beginning where that is
    unambiguous (`batch` for `training.batch`).
    """

    name: Annotated[str, Field(min_length=1)] = "unnamed"
    data: Source
    game: Game.Spec
    training: Training = Training()
    listening: Listening = Listening()
    seed: Annotated[int, Field(ge=0, lt=2**62)] = 0


def build_game(recipe: Recipe, sample: Shape, condition: Condition) -> Game:
    """Returns the recipe's game, initialized from its seed; the caller's random state is neither used nor changed."""
    with torch.random.fork_rng([]):
        torch.default_generator.manual_seed(recipe.seed)  # built on the CPU; other devices' state is the caller's
        return recipe.game.build(sample, condition)
