"""Scores of a run, a checkpoint or a set of files against real samples, kept beside them."""

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
from sparring.metrics.metric import Generator
from sparring.training.checkpoints import SUFFIX
from sparring.training.precision import find_device

Progress = Callable[[str, int, int], None]
"""Is told of whose samples how many, of how many, have been looked at."""


@dataclass(frozen=True)
class Evaluated:
    """What came of an evaluation: the scores, why others could not be had, what was compared, and where it is kept.

    `path` is that of the JSON and the CSV file, without suffix; `pictures` lie beside them.
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
    progress: Progress = lambda name, done, count: None,
    tell: Callable[[Sequence[MetricScore]], None] = lambda scores: None,
) -> Evaluated:
    """Returns the scores of `source` against `reference`; they are written to a JSON and a CSV file as they come.

    Args:
        source: a trained model, a run's folder, a checkpoint, a data set, or images (a folder, archive or array).
        reference: real samples: a data set, the name of one (`fashion-mnist`), or images; by default the data that
            a run was trained on.
        metrics: names, in any case; those of `EvaluationPlan` where none are given.
        assignments: changes to the `EvaluationPlan`, such as `count=50000` or `reference.split=test`.
        backbone: a network of the user's in place of the one that the plan names.
        device: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`.
        best: of a run, the best checkpoint by its score instead of the newest.
        out: the files' path without suffix; by default `scores/` in the run, or else in the current folder.
        loading: how both sets are read, such as `Loading(skip_bad=True)`.
        progress: is called while samples are looked at.
        tell: is called with the scores of each metric as they come.

    Raises:
        SparringError: in words, what cannot be and what to do. A metric that cannot be had costs the others nothing.
    """
    place = find_device(device)
    model = find_model(source, device, best)
    plan = make_plan(source, reference, metrics, model).override(assignments)
    samples = _Watched(find_samples(source, model, plan, loading), progress)
    real = _Watched(find_reference(reference, plan, loading), progress)
    scorer = Scorer(plan, real, place, backbone)
    path = _without_suffix(Path(out)) if out else _home(samples, real, model)
    write_scores(path, ())  # what cannot be written is found before the work
    result = scorer.gather(samples)
    averaged = bool(model.recipe.training.averages) if model else None
    for found in scorer.score(samples, averaged, result):
        tell(found)
        write_scores(path, result.scores)
    pictures = _draw(scorer, result, path)
    if model and (path.parent.parent / REPORT).is_file():
        write_report(path.parent.parent)
    return Evaluated(result, samples, real, plan, scorer.backbone, path, pictures)


def find_model(source: object, device: str, best: bool) -> Model | None:
    """Returns the model that `source` is or names; None of anything else."""
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
        name = f"{_run_folder(model).name} after {model.facts['progress']['images']:,} images"
        translates = bool(model.game.condition.shape)
        told = model.recipe.data.load(loading).sources(plan.count) if translates else None
        return GameSamples(model.game, plan.count, plan.seed, name, model.classes, digest, told)
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
    """Writes the pictures that the plan asks for beside the scores; what is missing for them is noted as a failure."""
    if not scorer.pictured:
        return []
    beside = [score for found in read_score_files(path.parent).values() for score in found]
    try:
        return write_pictures(path, draw_pictures(result.inputs, beside))
    except Exception as error:  # the scores are there; pictures are no reason to lose the table
        result.failures["pictures"] = str(error) if isinstance(error, SparringError) else repr(error)
        return []


def _home(samples: SampleSet, reference: SampleSet, model: Model | None) -> Path:
    """Returns where scores belong: each comparison, by reference and counts, has files of its own."""
    name = f"{model.path.stem if model else samples.name} {samples.count} to {reference.name} {reference.count}"
    folder = _run_folder(model) if model else Path()
    return folder / "scores" / re.sub(r"[^\w.]+", "-", name).strip("-.")


def _without_suffix(path: Path) -> Path:
    return path.with_suffix("") if path.suffix in (".json", ".csv") else path


def _run_folder(model: Model) -> Path:
    folder = model.path.resolve().parent
    return folder.parent if folder.name == "checkpoints" else folder


class _Watched(SampleSet):
    """A sample set that reports how many of its samples have been read."""

    def __init__(self, samples: SampleSet, progress: Progress) -> None:
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
    def generator(self) -> Generator | None:
        return self.samples.generator
