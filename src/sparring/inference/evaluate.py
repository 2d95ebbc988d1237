"""Scores of a run, a checkpoint or a set of files against real samples, written to files."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sparring.backbones import Backbone
from sparring.data import Dataset, Loading, Source
from sparring.data.named import find_source
from sparring.errors import SparringError, SpecError
from sparring.evaluation import (
    DataSamples,
    EvaluationPlan,
    EvaluationResult,
    GameSamples,
    MetricScore,
    SampleSet,
    Scorer,
    draw_pictures,
    metrics_by_name,
    read_score_files,
    write_pictures,
    write_scores,
)
from sparring.evaluation.sets import LabelledBatch
from sparring.inference.model import Model, load
from sparring.listeners.report import REPORT, write_report
from sparring.metrics.metric import LatentGenerator
from sparring.training.precision import find_device
from sparring.training.tensor_file import SUFFIX

SampleProgress = Callable[[str, int, int], None]
"""Called with the name of a sample set, the number of samples processed, and their total."""


@dataclass(frozen=True)
class Evaluated:
    """The result of an evaluation: scores and failures, both sample sets, and the files.

    `path` is the path of the JSON and the CSV file, without suffix; `pictures` are in the same folder.
    """

    result: EvaluationResult
    samples: SampleSet
    reference: SampleSet
    plan: EvaluationPlan
    backbone: Backbone | None
    path: Path
    pictures: list[Path]


def evaluate(
    source: Model | Dataset | str | Path,
    reference: Dataset | str | Path | None = None,
    metrics: Sequence[str] = (),
    *assignments: str,
    backbone: Backbone | None = None,
    device: str = "auto",
    best: bool = False,
    out: str | Path | None = None,
    loading: Loading = Loading(),
    progress: SampleProgress = lambda name, done, count: None,
    on_scores: Callable[[Sequence[MetricScore]], None] = lambda scores: None,
) -> Evaluated:
    """Returns the scores of `source` against `reference`; they are written to a JSON and a CSV file as they come.

    Args:
        source: a trained model, a run's folder, a checkpoint, a data set, or images (a folder, archive or array).
        reference: real samples: a data set, the name of one (`fashion-mnist`), or images; by default the data that
            a run was trained on.
        metrics: names, in any case; by default those of `EvaluationPlan`.
        assignments: changes to the `EvaluationPlan`, such as `count=50000` or `reference.split=test`.
        backbone: a network of the user's in place of the one that the plan names.
        device: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`.
        best: of a run, the best checkpoint by its score instead of the newest.
        out: the files' path without suffix; by default `scores/` in the run, or else in the current folder.
        loading: how both sets are read, such as `Loading(skip_bad=True)`.
        progress: called while features of samples are extracted.
        on_scores: called with the scores of each metric as soon as they are known.

    Raises:
        SparringError: with the remedy. A metric that fails does not affect the others.
    """
    place = find_device(device)
    model = find_model(source, device, best)
    plan = make_plan(source, reference, metrics, model).override(assignments)
    samples = _Counted(find_samples(source, model, plan, loading), progress)
    real = _Counted(find_reference(reference, plan, loading), progress)
    scorer = Scorer(plan, real, place, backbone)
    path = _without_suffix(Path(out)) if out else _home(samples, real, model)
    write_scores(path, ())  # an unwritable folder is an error before the work, not after
    result = scorer.gather(samples)
    averaged = bool(model.recipe.training.averages) if model else None
    for scores in scorer.score(samples, averaged, result):
        on_scores(scores)
        write_scores(path, result.scores)
    pictures = _draw(scorer, result, path)
    if model and (path.parent.parent / REPORT).is_file():
        write_report(path.parent.parent)
    return Evaluated(result, samples, real, plan, scorer.backbone, path, pictures)


def find_model(source: object, device: str, best: bool) -> Model | None:
    """Returns the model that `source` is or names; None for anything else."""
    if isinstance(source, Model):
        return source
    if not isinstance(source, str | Path):
        return None
    path = Path(source)
    trained = path.suffix == SUFFIX or (path / "recipe.yaml").is_file() or any(path.glob(f"*{SUFFIX}"))
    return load(path, device, best=best) if trained else None


def make_plan(source: object, reference: object, metrics: Sequence[str], model: Model | None) -> EvaluationPlan:
    """Returns the plan that compares `source` with `reference` by `metrics`, everything else by default.

    Raises:
        SpecError: no such metric, or nothing to compare with.
    """
    real: Source | None = None
    if isinstance(reference, str | Path):
        real = find_source(str(reference))
    elif reference is None and model is not None:
        real = model.recipe.data.model_copy(update={"mirror": False})
    fake = find_source(str(source)) if model is None and isinstance(source, str | Path) else None
    plan = EvaluationPlan(reference=real, samples=fake)
    return plan.model_copy(update={"metrics": metrics_by_name(metrics)}) if metrics else plan


def find_samples(source: object, model: Model | None, plan: EvaluationPlan, loading: Loading) -> SampleSet:
    """Returns the samples to score."""
    if model is not None:
        with model.path.open("rb") as file:
            digest = sha256(file.read()).hexdigest()
        name = f"{_run_folder(model).name} after {model.facts.images:,} images"
        translates = bool(model.game.condition.shape)
        sources = model.recipe.data.load(loading).sources(plan.count) if translates else None
        return GameSamples(model.game, plan.count, plan.seed, name, model.classes, digest, sources)
    data = source if isinstance(source, Dataset) else plan.samples and plan.samples.load(loading)
    assert data
    return DataSamples(data, plan.count)


def find_reference(reference: object, plan: EvaluationPlan, loading: Loading) -> SampleSet:
    """Returns the samples to score against; raises `SpecError` where the plan names none."""
    count = plan.reference_count or plan.count
    if isinstance(reference, Dataset):
        return DataSamples(reference, count)
    if plan.reference is None:
        raise SpecError("there is nothing to compare with: name real samples with --reference, or reference=PATH")
    return DataSamples(plan.reference.load(loading), count)


def _draw(scorer: Scorer, result: EvaluationResult, path: Path) -> list[Path]:
    """Writes the pictures of the plan next to the scores; an error is noted as a failure."""
    if not scorer.pictured:
        return []
    known = [score for scores in read_score_files(path.parent).values() for score in scores]
    try:
        return write_pictures(path, draw_pictures(result.inputs, known))
    except Exception as error:  # a failing picture must not lose the scores
        result.failures["pictures"] = str(error) if isinstance(error, SparringError) else repr(error)
        return []


def _home(samples: SampleSet, reference: SampleSet, model: Model | None) -> Path:
    """Returns the default path of the scores: one for each comparison, by reference and counts."""
    name = f"{model.path.stem if model else samples.name} {samples.count} to {reference.name} {reference.count}"
    folder = _run_folder(model) if model else Path()
    return folder / "scores" / re.sub(r"[^\w.]+", "-", name).strip("-.")


def _without_suffix(path: Path) -> Path:
    return path.with_suffix("") if path.suffix in (".json", ".csv") else path


def _run_folder(model: Model) -> Path:
    folder = model.path.resolve().parent
    return folder.parent if folder.name == "checkpoints" else folder


class _Counted(SampleSet):
    """A sample set that reports how many of its samples have been read."""

    def __init__(self, samples: SampleSet, progress: SampleProgress) -> None:
        self.samples, self.progress = samples, progress
        self.name, self.count, self.shape = samples.name, samples.count, samples.shape
        self.classes, self.digest, self.computed = samples.classes, samples.digest, samples.computed
        self.strata = samples.strata

    def batches(self, size: int) -> Iterator[LabelledBatch]:
        done = 0
        for batch, labels in self.samples.batches(size):
            yield batch, labels
            done += len(batch)
            self.progress(self.name, done, self.count)

    @property
    def generator(self) -> LatentGenerator | None:
        return self.samples.generator
