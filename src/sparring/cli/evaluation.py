"""An evaluation as the command prints it: progress, a table, and what could not be measured."""

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
    """Evaluates, prints scores as they come, and what became of the rest; returns whether every metric could be had."""
    with _Bars() as bars:
        found = evaluate(
            source,
            reference,
            metrics,
            *settings,
            device=device,
            best=best,
            out=out,
            loading=loading,
            progress=bars.move,
            tell=_print,
        )
    print("\n".join(_facts(found)))
    for metric, why in found.result.failures.items():
        print(f"spar: {why if why.startswith(metric) else f'{metric}: {why}'}. It is left out.", file=sys.stderr)
    for note in found.result.notes:
        print(f"spar: {note}", file=sys.stderr)
    return not found.result.failures


class _Bars(Progress):
    """A bar for each set of samples that is looked at, gone when all are."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        super().__init__(*columns, console=Console(stderr=True), transient=True)
        self.named: dict[str, TaskID] = {}

    def move(self, name: str, done: int, count: int) -> None:
        if name not in self.named:
            self.named[name] = self.add_task(f"Looking at {name}", total=count)
        self.update(self.named[name], completed=done)


def _print(scores: Sequence[MetricScore]) -> None:  # at once, so that nothing is lost to what fails later
    print("\n".join(score_table(scores)), flush=True)


def _facts(found: Evaluated) -> Iterator[str]:
    yield f"\nsamples    {_words(found.samples)}, seed {found.plan.seed}"
    yield f"reference  {_words(found.reference)}, digest {found.reference.digest[:12]}"
    if found.backbone:
        seen = f"{found.backbone.name} at {found.backbone.size}x{found.backbone.size}"
        yield f"seen by    {seen}, weights {found.backbone.digest[:12]}, resized {found.plan.resizer}"
    names = [".csv", *(path.name.removeprefix(found.path.name) for path in found.pictures)]
    yield f"written to {found.path}.json, {', '.join(names)}"


def _words(samples: SampleSet) -> str:
    return f"{samples.count:,} of {samples.name}, {'x'.join(map(str, samples.shape))}"


def list_networks_and_metrics() -> Iterator[str]:
    """Yields every metric and backbone with what it is."""
    yield "metrics:"
    width = max(map(len, Metric.members)) + 2
    for kind, member in sorted(Metric.members.items()):
        yield f"  {kind.lower():<{width}}{(member.__doc__ or '').strip().splitlines()[0].replace('`', '')}"
    yield "backbones:"
    yield f"  {', '.join(list_backbones())}"
    yield "perceptual distances:"
    yield f"  {', '.join(list_perceptual())}"
