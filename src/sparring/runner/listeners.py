"""Builds the listeners of a run from the recipe's `listening` section and the data."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import cast

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from sparring.data import Dataset
from sparring.data.dataset import ScoreFunction, TrueModes
from sparring.direction import ScoreDirection
from sparring.errors import SparringError, SpecError, nearest
from sparring.evaluation import DataSamples, EvaluationPlan, Scorer
from sparring.evaluation.sets import evenly_spaced
from sparring.game import Game
from sparring.listeners import Console, Evaluation, HeldOut, Log, Report, Samples, Scoring, TensorBoard
from sparring.listeners.samples import Examples
from sparring.metrics import count_modes, mixture_mmd, mixture_wasserstein, sliced_wasserstein
from sparring.recipes.schema import Recipe
from sparring.tensors.compositing import composite_colours
from sparring.training.listener import Listener, score_directions

Measure = Callable[[Tensor], float]


def build_listeners(
    recipe: Recipe,
    data: Dataset,
    device: torch.device,
    others: Sequence[Listener] = (),
    notes: Sequence[str] = (),
) -> list[Listener]:
    """Returns the listeners of `recipe.listening`, then `others`; writers come before the report, which reads.

    The console begins with a line on the data, with `notes`, and with the scores that cannot be computed.

    Raises:
        SpecError: none of them computes the score by which the best checkpoint is to be kept, or it has no best.
    """
    listening = recipe.listening
    depict = partial(_depict, data)
    measures = _measures(recipe, data)
    cheap = Evaluation(listening.scores_every, measures, listening.score_count, recipe.game.game_metric_directions)
    expensive, missing = _scoring(recipe, data, device)
    scoring = [cheap, *_held_out(recipe, data), *expensive]
    directions = score_directions((*scoring, *others))
    by = recipe.training.checkpoints.by
    if missing and by not in directions:  # the names of the missing scores are not known either
        missing = [*missing, f"No best checkpoint will be kept: nothing scores {by!r} (training.checkpoints.by)."]
    elif recipe.training.checkpoints.best:
        check_by(by, directions)
    return [
        *scoring,
        Log(),
        Samples(listening.samples_every, listening.sample_count, depict, _examples(data, listening.sample_count)),
        *([TensorBoard(listening.samples_every, listening.sample_count, depict)] if listening.tensorboard else []),
        Report(),
        Console(notes=[_describe_data(data), *notes, *missing]),
        *others,
    ]


def check_by(by: str, directions: Mapping[str, ScoreDirection]) -> None:
    """Raises `SpecError` unless the score called `by` is in `directions`, and has a best."""
    ranked = [name for name, direction in directions.items() if direction != "real"]
    if by not in directions:
        raise SpecError(
            f"training.checkpoints.by: {by!r} is no score of this run (listening.metrics adds some)"
            f"{nearest(by, ranked)}"
        )
    if by not in ranked:
        raise SpecError(
            f"training.checkpoints.by: {by!r} is best where it is nearest to that of real samples, which does not rank "
            f"checkpoints; keep the best by one of {', '.join(ranked)}"
        )


def _scoring(recipe: Recipe, data: Dataset, device: torch.device) -> tuple[list[Listener], list[str]]:
    """Returns the listener that scores by the recipe's metrics, or a note on why there is none: training goes on."""
    listening = recipe.listening
    if not listening.metrics:
        return [], []
    plan = EvaluationPlan(
        reference=recipe.data,
        metrics=listening.metrics,
        count=listening.score_count,
        backbone=listening.backbone,
        seed=recipe.seed,
        pictures=False,
    )
    try:
        scorer = Scorer(plan, DataSamples(data, listening.score_count), device)
    except SparringError as error:
        return [], [f"Without scores by listening.metrics: {error}"]
    scoring = Scoring(listening.scores_every, scorer, data.classes, listening.score_count, listening.score_share)
    return [scoring], []


def _held_out(recipe: Recipe, data: Dataset) -> list[Listener]:
    """Returns the listener that scores the game on held-out samples, if there are any."""
    if data.held_out is None:
        return []
    samples, condition = data.held_out.batch(np.arange(len(data.held_out)), torch.Generator())
    return [HeldOut(recipe.listening.scores_every, samples, condition, recipe.game.validation_metric_directions)]


def _examples(data: Dataset, count: int) -> Examples:
    samples, condition = data.batch(evenly_spaced(data, count), torch.Generator())
    return Examples(samples, condition)


def _depict(data: Dataset, samples: Tensor, game: Game) -> Image.Image:
    with game.evaluating():
        has_scores = game.discriminator_score(samples[:1]) is not None
        return data.depict(samples, cast(ScoreFunction, game.discriminator_score) if has_scores else None)


def _measures(recipe: Recipe, data: Dataset) -> dict[str, Measure]:
    """Returns the cheap scores: a sliced Wasserstein distance, and coverage and distances of a known mixture.

    Empty for games that generate nothing.
    """
    if not recipe.game.generates:
        return {}
    count = recipe.listening.score_count
    real, _ = data.batch(evenly_spaced(data, count), torch.Generator())
    visible = composite_colours(real, 1.0)  # the colours of transparent pixels do not count
    measures: dict[str, Measure] = {
        "sliced_wasserstein": lambda samples: sliced_wasserstein(visible, composite_colours(samples, 1.0))
    }
    return measures if data.modes is None else measures | _mode_measures(data.modes, count)


def _mode_measures(modes: TrueModes, count: int) -> dict[str, Measure]:
    """Returns the scores of `count` samples against a known mixture: coverage of its modes, and distances to it."""
    centers, deviation = modes.centers, modes.deviation
    covered = partial(count_modes, centers=centers, deviation=deviation)
    measures: dict[str, Measure] = {
        "modes_missed": lambda samples: float(covered(samples).missed),
        "low_quality": lambda samples: 1 - covered(samples).high_quality,
        "mode_divergence": lambda samples: covered(samples).divergence,
    }
    if count > 1:  # the unbiased estimate needs a pair of samples
        measures["mmd"] = partial(mixture_mmd, centers=centers, deviation=deviation)
    if centers.shape[1] == 1:
        measures["wasserstein"] = partial(mixture_wasserstein, centers=centers, deviation=deviation)
    return measures


def _describe_data(data: Dataset) -> str:
    skipped = f"; {data.facts.skipped} that cannot be read are left out" if data.facts.skipped else ""
    left_out = f"; {data.facts.left_out} of another size are left out" if data.facts.left_out else ""
    return f"Data: {len(data):,} samples of {'x'.join(map(str, data.shape))} from {data.name}{skipped}{left_out}."
