"""Checkpoints of other projects: which networks they hold, what these were built with, and their weights by name."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sparring.errors import CheckpointError
from sparring.interop.allowlist import DTYPES, SAFE_GLOBALS
from sparring.interop.pickles import Name, read_pickle

DEEPEST, MOST = 32, 10_000
"""How many networks may be nested, and how many tensors a network may have: some hundreds in what is published."""


@dataclass(frozen=True)
class PublishedNetwork:
    """A network of another project: its class, the arguments that it was built with, and its tensors by name."""

    kind: str
    arguments: Mapping[str, Any]
    state: Mapping[str, Tensor]


@dataclass(frozen=True)
class PersistentModule:
    """An object of StyleGAN's repositories as they write it, without the source text that they write beside it."""

    kind: str
    state: Mapping[str, Any]

    def tensors(self, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Tensor]]:
        """Yields the weights and buffers of a network, and of the networks within it, by their paths."""
        if depth == DEEPEST:
            raise CheckpointError(f"networks within networks more than {DEEPEST} deep")
        passing = self.state.get("_non_persistent_buffers_set") or ()
        for group in ("_parameters", "_buffers"):
            for name, value in (self.state.get(group) or {}).items():
                if isinstance(value, Tensor) and name not in passing:
                    yield f"{prefix}{name}", value
        for name, inner in (self.state.get("_modules") or {}).items():
            if not isinstance(inner, PersistentModule):
                raise CheckpointError(f"{prefix}{name} is {type(inner).__name__}, not a network")
            yield from inner.tensors(f"{prefix}{name}.", depth + 1)

    def find(self, attribute: str, depth: int = 0) -> Any:
        """Returns the first `attribute` that is not None, of this object or of the networks within it."""
        inner = [] if depth == DEEPEST else (self.state.get("_modules") or {}).values()
        deeper = (one.find(attribute, depth + 1) for one in inner if isinstance(one, PersistentModule))
        found = (value for value in (self.state.get(attribute), *deeper) if value is not None)
        return next(found, None)


def read_published(path: Path) -> dict[str, PublishedNetwork]:
    """Returns the networks in `path` by what the file calls them, without running anything of it.

    From StyleGAN2-ADA's and StyleGAN3's repositories (`.pkl`) these are `G`, `D` and `G_ema`; from rosinality's
    StyleGAN2 (`.pt`) `g`, `d` and `g_ema`, whose arguments are those of the training command, and `latent_avg`.

    Raises:
        CheckpointError: the file is missing, damaged or of another layout, or names anything but tensors and plain
            containers.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror}") from None
    try:
        found = _read_zip(content) if content[:2] == b"PK" else _read_plain(content)
    except CheckpointError as error:
        raise CheckpointError(f"{path} holds {error}. Nothing of it was run, and nothing was loaded.") from None
    if not found:
        raise CheckpointError(
            f"{path} holds none of the networks G, D, G_ema (StyleGAN2-ADA, StyleGAN3) or g, d, g_ema (rosinality)"
        )
    return found


def _read_plain(content: bytes) -> dict[str, PublishedNetwork]:
    names = {**SAFE_GLOBALS, "torch_utils.persistence._reconstruct_persistent_obj": _make_persistent}
    found = read_pickle(io.BytesIO(content), names)
    if not isinstance(found, dict):
        raise CheckpointError(f"{type(found).__name__} instead of a dict of networks")
    networks = {name: found[name] for name in ("G", "D", "G_ema") if isinstance(found.get(name), PersistentModule)}
    return {name: _describe(network) for name, network in networks.items()}


def _make_persistent(meta: Mapping[str, Any]) -> PersistentModule:
    return PersistentModule(str(meta["class_name"]), dict(meta["state"]))


def _describe(network: PersistentModule) -> PublishedNetwork:
    state: dict[str, Tensor] = {}
    for name, tensor in network.tensors():
        state[name] = tensor
        if len(state) > MOST:
            raise CheckpointError(f"a network of more than {MOST:,} tensors")
    arguments = network.state.get("_init_kwargs") or {}
    return PublishedNetwork(network.kind, {"conv_clamp": network.find("conv_clamp"), **arguments}, state)


def _read_zip(content: bytes) -> dict[str, PublishedNetwork]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        (place,) = (name for name in archive.namelist() if name.endswith("data.pkl"))
    except (zipfile.BadZipFile, ValueError):
        raise CheckpointError("no archive of PyTorch's") from None
    folder = place.removesuffix("data.pkl")
    storages: dict[str, Tensor] = {}

    def look_up(identity: tuple[Any, ...]) -> Tensor:
        what, kind, key, _device, count = identity
        dtype = DTYPES.get(kind.text.removeprefix("torch.").removesuffix("Storage")) if type(kind) is Name else None
        if what != "storage" or dtype is None:
            raise CheckpointError("something that is kept outside of the file and is no storage")
        if key not in storages:
            storages[key] = _read_storage(archive, f"{folder}data/{key}", dtype, count)
        return storages[key]

    found = read_pickle(io.BytesIO(archive.read(place)), SAFE_GLOBALS, look_up)
    if not isinstance(found, dict):
        raise CheckpointError(f"{type(found).__name__} instead of a dict of networks")
    arguments = found.get("args") or {}
    networks = {name: found[name] for name in ("g", "d", "g_ema") if isinstance(found.get(name), dict)}
    mean = {"latent_avg": found["latent_avg"]} if isinstance(found.get("latent_avg"), Tensor) else {}
    return {name: PublishedNetwork(name, arguments, {**_tensors(state), **mean}) for name, state in networks.items()}


def _read_storage(archive: zipfile.ZipFile, place: str, dtype: torch.dtype, count: int) -> Tensor:
    if archive.getinfo(place).compress_type != zipfile.ZIP_STORED:
        raise CheckpointError("tensors that are compressed, as PyTorch never writes them")
    content = bytearray(archive.read(place))
    return torch.frombuffer(content, dtype=dtype, count=count) if count else torch.empty(0, dtype=dtype)


def _tensors(state: Mapping[Any, Any]) -> dict[str, Tensor]:
    if wrong := [name for name, value in state.items() if not isinstance(value, Tensor) or not isinstance(name, str)]:
        raise CheckpointError(f"{wrong[0]!r} among the weights, which is no tensor")
    return dict(state)
