"""Checkpoints of other projects: their networks, with construction arguments and weights by name."""

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
from sparring.interop.pickles import SafeGlobal, read_pickle

MAX_DEPTH, MAX_TENSORS = 32, 10_000
"""Limits on nested networks and on tensors per network; published networks have some hundreds of tensors."""

StateDict = Mapping[str, Tensor]


@dataclass(frozen=True)
class PublishedNetwork:
    """A network of another project: its class, its construction arguments and its tensors by name."""

    kind: str
    arguments: Mapping[str, Any]
    state: StateDict


@dataclass(frozen=True)
class PersistentModule:
    """A persistent object of the StyleGAN repositories, without the source code that they pickle with it."""

    kind: str
    state: Mapping[str, Any]

    def tensors(self, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Tensor]]:
        """Yields the parameters and persistent buffers of a network and its submodules by path."""
        if depth == MAX_DEPTH:
            raise CheckpointError(f"networks within networks more than {MAX_DEPTH} deep")
        transient = self.state.get("_non_persistent_buffers_set") or ()
        for group in ("_parameters", "_buffers"):
            for name, value in (self.state.get(group) or {}).items():
                if isinstance(value, Tensor) and name not in transient:
                    yield f"{prefix}{name}", value
        for name, inner in (self.state.get("_modules") or {}).items():
            if not isinstance(inner, PersistentModule):
                raise CheckpointError(f"{prefix}{name} is {type(inner).__name__}, not a network")
            yield from inner.tensors(f"{prefix}{name}.", depth + 1)

    def find(self, attribute: str, depth: int = 0) -> Any:
        """Returns the first `attribute` that is not None, in this object or its submodules."""
        inner = [] if depth == MAX_DEPTH else (self.state.get("_modules") or {}).values()
        deeper = (one.find(attribute, depth + 1) for one in inner if isinstance(one, PersistentModule))
        return next((value for value in (self.state.get(attribute), *deeper) if value is not None), None)


def read_published(path: Path) -> dict[str, PublishedNetwork]:
    """Returns the networks in `path` by their names in the file, without running any code in it.

    A `.pkl` of StyleGAN2-ADA's or StyleGAN3's repository holds `G`, `D` and `G_ema`. A `.pt` of rosinality's
    StyleGAN2 holds `g`, `d` and `g_ema`, with the arguments of the training command, and `latent_avg`.

    Raises:
        CheckpointError: the file is missing, damaged or of another layout, or names anything but tensors and plain
            containers.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror}") from None
    try:
        networks = _read_zip(content) if content[:2] == b"PK" else _read_plain(content)
    except CheckpointError as error:
        raise CheckpointError(f"{path} holds {error}. Nothing of it was run, and nothing was loaded.") from None
    if not networks:
        raise CheckpointError(
            f"{path} holds none of the networks G, D, G_ema (StyleGAN2-ADA, StyleGAN3) or g, d, g_ema (rosinality)"
        )
    return networks


def _read_plain(content: bytes) -> dict[str, PublishedNetwork]:
    safe_globals = {**SAFE_GLOBALS, "torch_utils.persistence._reconstruct_persistent_obj": _make_persistent}
    snapshot = read_pickle(io.BytesIO(content), safe_globals)
    if not isinstance(snapshot, dict):
        raise CheckpointError(f"{type(snapshot).__name__} instead of a dict of networks")
    networks = {name: snapshot.get(name) for name in ("G", "D", "G_ema")}
    return {name: _describe(network) for name, network in networks.items() if isinstance(network, PersistentModule)}


def _make_persistent(meta: Mapping[str, Any]) -> PersistentModule:
    return PersistentModule(str(meta["class_name"]), dict(meta["state"]))


def _describe(network: PersistentModule) -> PublishedNetwork:
    state: dict[str, Tensor] = {}
    for name, tensor in network.tensors():
        state[name] = tensor
        if len(state) > MAX_TENSORS:
            raise CheckpointError(f"a network of more than {MAX_TENSORS:,} tensors")
    arguments = network.state.get("_init_kwargs") or {}
    return PublishedNetwork(network.kind, {"conv_clamp": network.find("conv_clamp"), **arguments}, state)


def _read_zip(content: bytes) -> dict[str, PublishedNetwork]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        (pickle_name,) = (name for name in archive.namelist() if name.endswith("data.pkl"))
    except (zipfile.BadZipFile, ValueError):
        raise CheckpointError("an archive that PyTorch did not write") from None
    folder = pickle_name.removesuffix("data.pkl")
    storages: dict[str, Tensor] = {}

    def load_storage(persistent_id: tuple[Any, ...]) -> Tensor:
        what, kind, key, _device, count = persistent_id
        is_global = type(kind) is SafeGlobal
        dtype = DTYPES.get(kind.name.removeprefix("torch.").removesuffix("Storage")) if is_global else None
        if what != "storage" or dtype is None:
            raise CheckpointError("a reference to something outside the file that is not a storage")
        if key not in storages:
            storages[key] = _read_storage(archive, f"{folder}data/{key}", dtype, count)
        return storages[key]

    checkpoint = read_pickle(io.BytesIO(archive.read(pickle_name)), SAFE_GLOBALS, load_storage)
    if not isinstance(checkpoint, dict):
        raise CheckpointError(f"{type(checkpoint).__name__} instead of a dict of networks")
    arguments = checkpoint.get("args") or {}
    networks = {name: checkpoint[name] for name in ("g", "d", "g_ema") if isinstance(checkpoint.get(name), dict)}
    mean = {"latent_avg": checkpoint["latent_avg"]} if isinstance(checkpoint.get("latent_avg"), Tensor) else {}
    return {name: PublishedNetwork(name, arguments, {**_tensors(state), **mean}) for name, state in networks.items()}


def _read_storage(archive: zipfile.ZipFile, name: str, dtype: torch.dtype, count: int) -> Tensor:
    if archive.getinfo(name).compress_type != zipfile.ZIP_STORED:
        raise CheckpointError("compressed tensors, which PyTorch never writes")
    content = bytearray(archive.read(name))
    return torch.frombuffer(content, dtype=dtype, count=count) if count else torch.empty(0, dtype=dtype)


def _tensors(state: Mapping[Any, Any]) -> dict[str, Tensor]:
    if wrong := [name for name, value in state.items() if not isinstance(value, Tensor) or not isinstance(name, str)]:
        raise CheckpointError(f"{wrong[0]!r} among the weights, which is not a tensor")
    return dict(state)
