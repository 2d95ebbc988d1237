"""A checkpoint is tensors and text in one safetensors file, digested, and whole or absent."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from math import isfinite, nan
from pathlib import Path
from typing import Any, get_args

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from sparring.direction import ScoreDirection
from sparring.errors import CheckpointError
from sparring.files import replace_bytes

FORMAT = "sparring-checkpoint"
VERSION = 1
SUFFIX = ".safetensors"


@dataclass(frozen=True)
class Checkpoint:
    """Tensors by name, and facts: plain data that says what they are."""

    tensors: dict[str, Tensor]
    facts: dict[str, Any]

    def part(self, prefix: str) -> dict[str, Tensor]:
        """Returns the tensors below `prefix/`, without it."""
        start = f"{prefix}/"
        return {name.removeprefix(start): value for name, value in self.tensors.items() if name.startswith(start)}


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Writes `checkpoint` to `path`, whole or not at all; raises `RunError` where the disk refuses."""
    tensors = {name: value.detach().cpu().contiguous() for name, value in checkpoint.tensors.items()}
    facts = json.dumps(checkpoint.facts, sort_keys=True)
    text = {"format": FORMAT, "version": str(VERSION), "facts": facts}
    metadata = {**text, "digest": _digest(tensors, text)}
    replace_bytes(path, save(tensors, metadata))


def read_checkpoint(path: Path) -> Checkpoint:
    """Returns the checkpoint at `path` with its tensors on the CPU.

    Raises:
        CheckpointError: it is missing, truncated, altered, not sparring's, or from a newer version.
    """
    metadata = _read_text(path)
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError) as error:
        raise _damaged(path, str(error)) from None
    text = {name: value for name, value in metadata.items() if name != "digest"}
    if _digest(tensors, text) != metadata.get("digest"):
        raise _damaged(path, "its digest does not match its content")
    return Checkpoint(tensors, json.loads(metadata["facts"]))


def read_facts(path: Path) -> dict[str, Any]:
    """Returns a checkpoint's facts from the head of the file, without reading its tensors or proving its digest."""
    facts: dict[str, Any] = json.loads(_read_text(path)["facts"])
    return facts


def list_checkpoints(folder: Path) -> list[Path]:
    """Returns the checkpoints in `folder`, oldest first."""
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if not path.name.startswith("."))


def rank(facts: Mapping[str, Any], by: str) -> float | None:
    """Returns a number that is smaller the better the checkpoint of `facts` scored `by`.

    It is None where there is no such score, or none that is finite, and where the best is what real samples have.

    >>> rank({"scores": {"precision": 0.9}, "score_directions": {"precision": "higher"}}, by="precision")
    -0.9
    """
    score = facts["scores"].get(by)
    if score is None:
        return None
    signs: dict[ScoreDirection, float] = {"lower": 1.0, "higher": -1.0, "real": nan}
    ranked = signs[score_direction(facts, by)] * score
    return ranked if isfinite(ranked) else None


def score_direction(facts: Mapping[str, Any], score: str) -> ScoreDirection:
    """Returns which values of `score` are good, as the facts of a checkpoint or a run say; of one not named, less is.

    >>> score_direction({"score_directions": {"MS-SSIM": "real"}}, "MS-SSIM")
    'real'
    """
    told = facts.get("score_directions")
    if not isinstance(told, Mapping):  # facts once listed only the scores of which more is better
        told = dict.fromkeys(facts.get("higher") or (), "higher")
    better: ScoreDirection = told[score] if told.get(score) in get_args(ScoreDirection) else "lower"
    return better


def choose_superfluous(scores: Mapping[Path, float | None], last: int, best: int) -> list[Path]:
    """Returns those of the checkpoints (oldest first) that are neither among the `last` nor the `best` ranked.

    >>> a, b, c, d = (Path(name) for name in "abcd")
    >>> [path.name for path in choose_superfluous({a: 1.0, b: 3.0, c: None, d: 2.0}, last=1, best=1)]
    ['b', 'c']
    """
    paths = list(scores)
    scored = sorted((score, path) for path, score in scores.items() if score is not None)
    kept = {*paths[-last:], *(path for _, path in scored[:best])}
    return [path for path in paths if path not in kept]


def _read_text(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            head = file.read(9)
    except FileNotFoundError:
        raise CheckpointError(f"no checkpoint at {path}") from None
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror}") from None
    # A safetensors file opens with the length of its header, eight bytes of any value, and then its brace.
    if head[8:] != b"{" and head.startswith((b"PK", b"\x80")):
        raise CheckpointError(
            f"{path} is a pickle (a .pt, .pth or .pkl file), which can run code when it is opened; sparring reads "
            f"only its own {SUFFIX} checkpoints. Load it in its own project and train or import it from there."
        )
    try:
        with safe_open(path, framework="pt") as tensors:
            metadata: dict[str, str] = tensors.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise _damaged(path, str(error)) from None
    if metadata.get("format") != FORMAT:
        raise CheckpointError(f"{path} is a safetensors file of another project, not a checkpoint of sparring")
    version = metadata.get("version", "")
    if not version.isdigit():
        raise _damaged(path, f"its version reads {version!r}")
    if int(version) > VERSION:
        raise CheckpointError(
            f"{path} was written by a newer sparring (checkpoint version {version}; this one reads up to {VERSION}). "
            "Upgrade with: pip install --upgrade sparring"
        )
    try:
        json.loads(metadata["facts"])
    except (KeyError, ValueError):
        raise _damaged(path, "its description is not readable") from None
    return metadata


def _damaged(path: Path, why: str) -> CheckpointError:
    if path.suffix != SUFFIX:
        return CheckpointError(f"{path} is not a checkpoint of sparring; those end in {SUFFIX} ({why})")
    return CheckpointError(
        f"{path} is damaged, or not a checkpoint at all ({why}). Nothing was loaded. Use another checkpoint of the "
        "run, or delete this one and run the same command again to go on from the one before."
    )


def _digest(tensors: Mapping[str, Tensor], text: Mapping[str, str]) -> str:
    """SHA-256 over every name, type, shape and byte, in an order that does not depend on the file's."""
    state = sha256()
    for name, value in sorted(text.items()):
        state.update(f"{name}={value}\n".encode())
    for name, tensor in sorted(tensors.items()):
        state.update(f"{name}:{tensor.dtype}:{tuple(tensor.shape)}\n".encode())
        state.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return state.hexdigest()


def missing_names(expected: Iterable[str], given: Iterable[str]) -> str:
    """Returns which names differ, as a short phrase; empty when none does."""
    expected, given = set(expected), set(given)
    parts = [f"missing {name}" for name in sorted(expected - given)] + [
        f"unexpected {name}" for name in sorted(given - expected)
    ]
    return ", ".join(parts[:4]) + (f" and {len(parts) - 4} more" if len(parts) > 4 else "")


def same_stage(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether the facts of two checkpoints are of one stage of a run."""
    return bool(one.get("stage", 0) == other.get("stage", 0))


def find_checkpoint(path: Path, best: bool = False) -> Path:
    """Returns `path` itself where it is a file, else the newest checkpoint of the run there, or its `best`.

    The best has the best value of the score that the newest's recipe names in `training.checkpoints.by`, among those
    of the newest's stage.

    Raises:
        CheckpointError: there is none, or none that has such a score.
    """
    if path.is_file():
        return path
    if not path.exists():
        raise CheckpointError(f"there is no run or checkpoint at {path}")
    found = list_checkpoints(path / "checkpoints") or list_checkpoints(path)
    if not found:
        raise CheckpointError(f"{path} holds no checkpoint (checkpoints/*{SUFFIX}); has the run saved one yet?")
    if not best:
        return found[-1]
    facts = {file: read_facts(file) for file in found}
    facts = {file: said for file, said in facts.items() if same_stage(said, facts[found[-1]])}
    by = facts[found[-1]]["recipe"]["training"]["checkpoints"]["by"]
    ranks = {file: ranked for file, said in facts.items() if (ranked := rank(said, by)) is not None}
    if not ranks:
        names = sorted({name for said in facts.values() for name in said["scores"]})
        raise CheckpointError(
            f"no checkpoint in {path} has a rank by {by!r} (training.checkpoints.by); their scores: {', '.join(names)}"
            if names
            else f"no checkpoint {'' if len(facts) == len(found) else 'of the newest stage '}in {path} was scored "
            "(listening.scores_every)"
        )
    return min(ranks, key=ranks.__getitem__)
