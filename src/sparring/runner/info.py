"""Describes a run or a checkpoint in lines of text."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from sparring.data.image_collection import some
from sparring.errors import CheckpointError
from sparring.listeners import read_log
from sparring.listeners.formatting import format_count, format_duration, format_number
from sparring.training.checkpoints import list_checkpoints, read_checkpoint, read_facts
from sparring.training.folder import RunFacts, RunFolder


def describe(path: Path) -> list[str]:
    """Returns a description of the run's folder or the checkpoint file at `path`.

    Raises:
        RunError, CheckpointError: it is neither.
    """
    lines = _describe_checkpoint(path) if path.is_file() else _describe_run(RunFolder(path))
    return [f"{name:<12}{text}" for name, text in lines]


def list_contents(folder: Path) -> Iterator[str]:
    """Yields the contents of a run's folder, for a person who has just trained."""
    yield f"The run is in {folder}:"
    for name, text in _CONTENTS.items():
        yield f"  {name:<14}{text}"
    yield f"Draw more with: spar sample {folder} --count 64 --grid"


_CONTENTS = {
    "report.html": "curves, sample grids over time, the recipe and the numbers, in one file for a browser",
    "samples/": "grids of the same latents over time, and real.png",
    "checkpoints/": "the model, to resume, sample and load from",
    "recipe.yaml": "all that is needed to train it again",
    "log.jsonl": "the numbers, a line at a time",
    "run.json": "data, machine and status",
}


def _describe_run(home: RunFolder) -> Iterator[tuple[str, str]]:
    recipe, facts = home.read_recipe(), home.read_facts()
    yield "run", str(home.path)
    yield "recipe", f"{recipe.get('name')} ({recipe.get('game', {}).get('kind')})"
    killed = facts.status == "running" and not home.is_held()
    status = "killed; the same command resumes it" if killed else facts.status
    yield "status", " - ".join(part for part in (status, facts.message) if part)
    yield from _describe_setup(facts)
    log = read_log(home.path)
    if log:
        last = log[-1]
        share = f" of {format_count(facts.target)}" if facts.target else ""
        yield "progress", f"{last['step']:,} steps, {format_count(last['images'])}{share} images"
        speed = sorted(line["images_per_second"] for line in log)[len(log) // 2]
        yield "time", f"{format_duration(last['seconds'])} of training, {format_count(speed)} images/s (median)"
        yield "memory", f"{max(line['memory_mb'] for line in log):,.0f} MB at most"
        for team, losses in last["losses"].items():
            yield "losses", f"{team}: " + ", ".join(f"{name} {format_number(v)}" for name, v in losses.items())
    for checkpoint in list_checkpoints(home.checkpoints):
        yield "checkpoint", f"{checkpoint}  {checkpoint.stat().st_size / 1e6:.1f} MB  {_list_scores(checkpoint)}"


def _list_scores(checkpoint: Path) -> str:
    try:
        scores = read_facts(checkpoint).scores
    except CheckpointError:
        return "DAMAGED"
    return ", ".join(f"{name} {format_number(value)}" for name, value in scores.items())


def _describe_setup(facts: RunFacts) -> Iterator[tuple[str, str]]:
    data = facts.data
    if data.name:
        shape = "x".join(map(str, facts.shape))
        skipped = f", {data.skipped} unreadable ones left out" if data.skipped else ""
        yield "data", f"{data.name}: {data.count:,} of {shape}, {_count_labels(data.classes, data.attributes)}{skipped}"
    if facts.parameters:
        players = (f"{name} {format_count(count)}" for name, count in facts.parameters.items())
        yield "players", ", ".join(players) + " weights"
    if facts.device:
        machine = f"{facts.device}, {facts.threads} threads, {facts.precision}, {facts.layout}"
        yield "machine", f"{machine}, PyTorch {facts.torch}, sparring {facts.sparring}"


def _count_labels(classes: Sequence[str], attributes: Sequence[str]) -> str:
    return f"{len(attributes)} numbers ({some(attributes)})" if attributes else f"{len(classes)} classes"


def _describe_checkpoint(path: Path) -> Iterator[tuple[str, str]]:
    checkpoint = read_checkpoint(path)
    facts = checkpoint.facts
    labels = _count_labels(facts.classes, facts.attributes)
    yield "checkpoint", f"{path} (whole: its digest matches)"
    yield "recipe", f"{facts.recipe['name']} ({facts.recipe['game']['kind']})"
    yield "progress", f"{facts.step:,} steps, {format_count(facts.images)} images"
    yield "samples", "x".join(map(str, facts.sample)) + f", {labels}, {facts.depth} bits"
    yield "tensors", f"{len(checkpoint.tensors)}, {path.stat().st_size / 1e6:.1f} MB, by sparring {facts.sparring}"
    for name, value in facts.scores.items():
        yield "score", f"{name} {format_number(value)}"
