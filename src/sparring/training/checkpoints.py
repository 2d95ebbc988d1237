"""Checkpoints: tensors with a typed description, ranked by the scores it holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict
from torch import Tensor

from sparring.direction import ScoreDirection
from sparring.errors import CheckpointError, SpecError
from sparring.network import Condition, Shape
from sparring.spec import Spec
from sparring.training.tensor_file import SUFFIX, damaged, read_description, read_tensor_file, write_tensor_file
from sparring.version import __version__

VERSION = 1


class CheckpointFacts(Spec):
    """What a checkpoint says about its tensors: enough to load the model without the data, and to resume the run.

    `recipe` is the recipe's tree. `sample`, `classes`, `attributes`, `condition` and `depth` (bits per channel)
    describe the data; `classes` and `attributes` are names. `stage` is an index; it began after `begin` images.
    `seconds` is time spent training. `optimizers` maps each team to the kind of its optimizer's state.
    """

    model_config = ConfigDict(allow_inf_nan=True, ser_json_inf_nan="constants")  # a score may be NaN

    version: int = VERSION
    sparring: str = __version__
    recipe: dict[str, Any]
    sample: Shape
    classes: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    condition: Condition = Condition()
    depth: Literal[8, 16] = 8
    stage: int = 0
    begin: int = 0
    step: int = 0
    images: int = 0
    seconds: float = 0.0
    scores: dict[str, float] = {}
    score_directions: dict[str, ScoreDirection] = {}
    optimizers: dict[str, str] = {}

    def rank(self, by: str) -> float | None:
        """Returns a number that is the smaller the better the score called `by` is.

        None where there is no such score, where it is not finite, and where the best value is that of real samples.

        >>> facts = CheckpointFacts(recipe={}, sample=(1,), scores={"precision": 0.9})
        >>> facts.rank(by="precision"), facts.rank(by="FD")
        (0.9, None)
        """
        score, direction = self.scores.get(by), self.score_directions.get(by, "lower")
        if score is None or not isfinite(score) or direction == "real":
            return None
        return score if direction == "lower" else -score


@dataclass(frozen=True)
class Checkpoint:
    """Tensors by name, and what they are."""

    tensors: dict[str, Tensor]
    facts: CheckpointFacts

    def part(self, prefix: str) -> dict[str, Tensor]:
        """Returns the tensors below `prefix/`, without it."""
        start = f"{prefix}/"
        return {name.removeprefix(start): value for name, value in self.tensors.items() if name.startswith(start)}


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Writes `checkpoint` to `path`, whole or not at all; raises `RunError` where the disk refuses."""
    write_tensor_file(path, checkpoint.tensors, checkpoint.facts.tree())


def read_checkpoint(path: Path) -> Checkpoint:
    """Returns the checkpoint at `path` with its tensors on the CPU.

    Raises:
        CheckpointError: it is missing, truncated, altered, not sparring's, or from a newer version.
    """
    facts = read_facts(path)  # before the tensors: a newer version may have changed the rest of the file
    tensors, _ = read_tensor_file(path)
    return Checkpoint(tensors, facts)


def read_facts(path: Path) -> CheckpointFacts:
    """Returns a checkpoint's facts from the head of the file, without reading its tensors or checking its digest.

    Raises:
        CheckpointError: as `read_checkpoint`.
    """
    description = read_description(path)
    version = description.get("version")
    if isinstance(version, int) and version > VERSION:
        raise CheckpointError(
            f"{path} was written by a newer sparring (checkpoint version {version}; this one reads up to {VERSION}). "
            "Upgrade with: pip install --upgrade sparring"
        )
    try:
        return CheckpointFacts.read(description)
    except SpecError as error:
        problems = "; ".join(str(error).splitlines())
        raise damaged(path, f"its description is not that of a checkpoint: {problems}") from None


def list_checkpoints(folder: Path) -> list[Path]:
    """Returns the checkpoints in `folder`, oldest first."""
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if not path.name.startswith("."))


def choose_superfluous(ranks: Mapping[Path, float | None], last: int, best: int) -> list[Path]:
    """Returns the checkpoints (given oldest first) that are neither among the `last` nor among the `best` ranked.

    >>> a, b, c, d = (Path(name) for name in "abcd")
    >>> [path.name for path in choose_superfluous({a: 1.0, b: 3.0, c: None, d: 2.0}, last=1, best=1)]
    ['b', 'c']
    """
    paths = list(ranks)
    ranked = sorted((rank, path) for path, rank in ranks.items() if rank is not None)
    kept = {*paths[-last:], *(path for _, path in ranked[:best])}
    return [path for path in paths if path not in kept]


def describe_difference(expected: Iterable[str], actual: Iterable[str]) -> str:
    """Returns the names that differ as a short phrase; empty when none does."""
    expected, actual = set(expected), set(actual)
    parts = [f"missing {name}" for name in sorted(expected - actual)]
    parts += [f"unexpected {name}" for name in sorted(actual - expected)]
    return ", ".join(parts[:4]) + (f" and {len(parts) - 4} more" if len(parts) > 4 else "")


def find_checkpoint(path: Path, best: bool = False) -> Path:
    """Returns `path` itself where it is a file, else the newest checkpoint of the run there, or its `best`.

    The best one of the newest's stage is best by the score that the newest's recipe names in
    `training.checkpoints.by`.

    Raises:
        CheckpointError: there is none, or none with such a score.
    """
    if path.is_file():
        return path
    if not path.exists():
        raise CheckpointError(f"there is no run or checkpoint at {path}")
    paths = list_checkpoints(path / "checkpoints") or list_checkpoints(path)
    if not paths:
        raise CheckpointError(f"{path} holds no checkpoint (checkpoints/*{SUFFIX}); has the run saved one yet?")
    if not best:
        return paths[-1]
    every_stage = {file: read_facts(file) for file in paths}
    newest = every_stage[paths[-1]]
    facts = {file: one for file, one in every_stage.items() if one.stage == newest.stage}
    by = newest.recipe["training"]["checkpoints"]["by"]
    ranks = {file: rank for file, one in facts.items() if (rank := one.rank(by)) is not None}
    if ranks:
        return min(ranks, key=ranks.__getitem__)
    if names := sorted({name for one in facts.values() for name in one.scores}):
        raise CheckpointError(
            f"no checkpoint in {path} has a rank by {by!r} (training.checkpoints.by); their scores: {', '.join(names)}"
        )
    scope = "" if len(facts) == len(paths) else "of the newest stage "
    raise CheckpointError(f"no checkpoint {scope}in {path} was scored (listening.scores_every)")
