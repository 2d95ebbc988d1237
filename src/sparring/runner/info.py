"""What there is to know of a run or a checkpoint, in lines of text."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sparring.data.image_collection import some
from sparring.errors import CheckpointError
from sparring.listeners import read_log
from sparring.listeners.formatting import duration_in_words, format_count, number_in_words
from sparring.training.checkpoints import list_checkpoints, read_checkpoint, read_facts
from sparring.training.folder import RunFolder


def describe(path: Path) -> list[str]:
    """Returns what the run's folder or the checkpoint file at `path` says of itself.

    Raises:
        RunError, CheckpointError: it is neither.
    """
    lines = _checkpoint(path) if path.is_file() else _run(RunFolder(path))
    return [f"{name:<12}{text}" for name, text in lines]


def list_contents(folder: Path) -> Iterator[str]:
    """Yields what there is in a run's folder, for a person who has just trained."""
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


def _run(home: RunFolder) -> Iterator[tuple[str, str]]:
    recipe, facts = home.read_recipe(), home.read_facts()
    yield "run", str(home.path)
    yield "recipe", f"{recipe.get('name')} ({recipe.get('game', {}).get('kind')})"
    status = facts.get("status", "not started")
    if status == "running" and not home.is_held():
        status = "killed; the same command resumes it"
    yield "status", " - ".join(part for part in (status, facts.get("message")) if part)
    yield from _facts(facts)
    log = read_log(home.path)
    if log:
        last = log[-1]
        share = f" of {format_count(facts['target'])}" if "target" in facts else ""
        yield "progress", f"{last['step']:,} steps, {format_count(last['images'])}{share} images"
        speed = sorted(line["images_per_second"] for line in log)[len(log) // 2]
        yield "time", f"{duration_in_words(last['seconds'])} of training, {format_count(speed)} images/s (median)"
        yield "memory", f"{max(line['memory_mb'] for line in log):,.0f} MB at most"
        for team, losses in last["losses"].items():
            yield "losses", f"{team}: " + ", ".join(f"{name} {number_in_words(v)}" for name, v in losses.items())
    for checkpoint in list_checkpoints(home.checkpoints):
        yield "checkpoint", f"{checkpoint}  {checkpoint.stat().st_size / 1e6:.1f} MB  {_scores(checkpoint)}"


def _scores(checkpoint: Path) -> str:
    try:
        scores = read_facts(checkpoint)["scores"]
    except CheckpointError:
        return "DAMAGED"
    return ", ".join(f"{name} {number_in_words(value)}" for name, value in scores.items())


def _facts(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if data := facts.get("data"):
        shape = "x".join(map(str, facts.get("shape", ())))
        skipped = f", {data['skipped']} unreadable ones left out" if data.get("skipped") else ""
        yield "data", f"{data['name']}: {data['count']:,} of {shape}, {_told(data)}{skipped}"
    if players := facts.get("parameters"):
        yield "players", ", ".join(f"{name} {format_count(count)}" for name, count in players.items()) + " weights"
    if "device" in facts:
        machine = f"{facts['device']}, {facts['threads']} threads, {facts['precision']}, {facts['layout']}"
        yield "machine", f"{machine}, PyTorch {facts['torch']}, sparring {facts['sparring']}"


def _told(facts: Mapping[str, Any]) -> str:
    attributes = facts.get("attributes")
    return f"{len(attributes)} numbers ({some(attributes)})" if attributes else f"{len(facts['classes'])} classes"


def _checkpoint(path: Path) -> Iterator[tuple[str, str]]:
    checkpoint = read_checkpoint(path)
    facts = checkpoint.facts
    yield "checkpoint", f"{path} (whole: its digest matches)"
    yield "recipe", f"{facts['recipe']['name']} ({facts['recipe']['game']['kind']})"
    progress = facts["progress"]
    yield "progress", f"{progress['step']:,} steps, {format_count(progress['images'])} images"
    yield "samples", "x".join(map(str, facts["sample"])) + f", {_told(facts)}, {facts['depth']} bits"
    yield "tensors", f"{len(checkpoint.tensors)}, {path.stat().st_size / 1e6:.1f} MB, by sparring {facts['sparring']}"
    for name, value in facts["scores"].items():
        yield "score", f"{name} {number_in_words(value)}"
