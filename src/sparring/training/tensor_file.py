"""Tensors and a description of them in one safetensors file, digested, and whole or absent."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from sparring.errors import CheckpointError
from sparring.files import replace_bytes

FORMAT = "sparring-checkpoint"
SUFFIX = ".safetensors"

Description = dict[str, Any]
"""Plain data: what JSON can hold."""


def write_tensor_file(path: Path, tensors: Mapping[str, Tensor], description: Description) -> None:
    """Writes `path`, whole or not at all; raises `RunError` where the disk refuses."""
    tensors = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    text = {"format": FORMAT, "facts": json.dumps(description, sort_keys=True)}
    replace_bytes(path, save(tensors, {**text, "digest": _digest(tensors, text)}))


def read_tensor_file(path: Path) -> tuple[dict[str, Tensor], Description]:
    """Returns the tensors, on the CPU, and their description.

    Raises:
        CheckpointError: the file is missing, truncated, altered, or not sparring's.
    """
    text = _read_text(path)
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError) as error:
        raise damaged(path, str(error)) from None
    digest = text.pop("digest", None)
    if _digest(tensors, text) != digest:
        raise damaged(path, "its digest does not match its content")
    return tensors, _parse(path, text)


def read_description(path: Path) -> Description:
    """Returns the description from the head of the file, without reading its tensors or checking its digest.

    Raises:
        CheckpointError: the file is missing, its head damaged, or not sparring's.
    """
    return _parse(path, _read_text(path))


def damaged(path: Path, why: str) -> CheckpointError:
    """Returns the error that refuses `path`."""
    if path.suffix != SUFFIX:
        return CheckpointError(f"{path} is not a checkpoint of sparring; those end in {SUFFIX} ({why})")
    return CheckpointError(
        f"{path} is damaged, or not a checkpoint at all ({why}). Nothing was loaded. Use another checkpoint of the "
        "run, or delete this one and run the same command again to go on from the one before."
    )


def _parse(path: Path, text: Mapping[str, str]) -> Description:
    try:
        description = json.loads(text["facts"])
    except (KeyError, ValueError):
        raise damaged(path, "its description is not readable") from None
    if not isinstance(description, dict):
        raise damaged(path, "its description is not a table")
    return description


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
            text: dict[str, str] = tensors.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise damaged(path, str(error)) from None
    if text.get("format") != FORMAT:
        raise CheckpointError(f"{path} is a safetensors file of another project, not a checkpoint of sparring")
    return text


def _digest(tensors: Mapping[str, Tensor], text: Mapping[str, str]) -> str:
    """SHA-256 over every name, type, shape and byte, in an order that does not depend on the file's."""
    state = sha256()
    for name, value in sorted(text.items()):
        state.update(f"{name}={value}\n".encode())
    for name, tensor in sorted(tensors.items()):
        state.update(f"{name}:{tensor.dtype}:{tuple(tensor.shape)}\n".encode())
        state.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return state.hexdigest()
