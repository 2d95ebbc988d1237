"""The output of `spar evaluate`: progress, a table of scores, and failures."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from sparring.backbones import list_backbones, list_perceptual
from sparring.data import Loading
from sparring.evaluation import MetricScore, SampleSet, score_table
from sparring.inference.evaluate import Evaluated, evaluate
from sparring.metrics.metric import Metric


def print_evaluation(
    source: str,
    reference: str | None,
    metrics: Sequence[str],
    settings: Sequence[str],
    *,
    best: bool,
    out: Path | None,
    device: str,
    loading: Loading,
) -> bool:
    """Evaluates, prints scores as they come, then failures; returns whether every metric succeeded."""
    with _Bars() as bars:
        evaluated = evaluate(
            source,
            reference,
            metrics,
            *settings,
            device=device,
            best=best,
            out=out,
            loading=loading,
            progress=bars.move,
            on_scores=_print,
        )
    print("\n".join(_facts(evaluated)))
    for metric, why in evaluated.result.failures.items():
        print(f"spar: {why if why.startswith(metric) else f'{metric}: {why}'}. It is left out.", file=sys.stderr)
    for note in evaluated.result.notes:
        print(f"spar: {note}", file=sys.stderr)
    return not evaluated.result.failures


class _Bars(Progress):
    """A progress bar for each set of samples, removed at the end."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        super().__init__(*columns, console=Console(stderr=True), transient=True)
        self.named: dict[str, TaskID] = {}

    def move(self, name: str, done: int, count: int) -> None:
        if name not in self.named:
            self.named[name] = self.add_task(f"Features of {name}", total=count)
        self.update(self.named[name], completed=done)


def _print(scores: Sequence[MetricScore]) -> None:  # at once: a later failure loses nothing
    print("\n".join(score_table(scores)), flush=True)


def _facts(evaluated: Evaluated) -> Iterator[str]:
    yield f"\nsamples    {_words(evaluated.samples)}, seed {evaluated.plan.seed}"
    yield f"reference  {_words(evaluated.reference)}, digest {evaluated.reference.digest[:12]}"
    if backbone := evaluated.backbone:
        name = f"{backbone.name} at {backbone.size}x{backbone.size}"
        yield f"features   {name}, weights {backbone.digest[:12]}, resized {evaluated.plan.resizer}"
    names = [".csv", *(path.name.removeprefix(evaluated.path.name) for path in evaluated.pictures)]
    yield f"written to {evaluated.path}.json, {', '.join(names)}"


def _words(samples: SampleSet) -> str:
    return f"{samples.count:,} of {samples.name}, {'x'.join(map(str, samples.shape))}"


def list_networks_and_metrics() -> Iterator[str]:
    """Yields every metric with its one-line description, and every backbone."""
    yield "metrics:"
    width = max(map(len, Metric.members)) + 2
    for kind, member in sorted(Metric.members.items()):
        yield f"  {kind.lower():<{width}}{(member.__doc__ or '').strip().splitlines()[0].replace('`', '')}"
    yield "backbones:"
    yield f"  {', '.join(list_backbones())}"
    yield "perceptual distances:"
    yield f"  {', '.join(list_perceptual())}"
