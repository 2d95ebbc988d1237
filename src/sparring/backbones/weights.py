"""Published weights: location, digest check and loading into their network."""

import hashlib
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from sparring.backbones.backbone import Backbone, FeatureNetwork
from sparring.backbones.folding import fold_batch_norms
from sparring.download import cache_folder, fetch, sha256_of
from sparring.errors import DataError, WeightsError

_Network = TypeVar("_Network", bound=nn.Module)


@dataclass(frozen=True)
class PublishedWeights:
    """A published file of weights, and its SHA-256.

    It comes from `url`, or is the file `inside` a `package` that the command `install` installs, which then needs no
    download; either may be missing. `name` is its name in the cache.
    """

    name: str
    sha256: str
    url: str | None = None
    package: str | None = None
    inside: str = ""
    install: str = ""

    @property
    def cached(self) -> Path:
        """The file's path in the cache, whether it exists or not."""
        return cache_folder() / "weights" / self.name

    def installed(self) -> Path | None:
        """Returns the file's path in its package, or None if that is not installed. Imports nothing."""
        if self.package is None:
            return None
        try:
            path = Path(str(metadata.distribution(self.package).locate_file(self.inside)))
        except metadata.PackageNotFoundError:
            return None
        return path if path.is_file() else None


def locate(published: PublishedWeights, own: Path | None = None) -> tuple[Path, str]:
    """Returns a file and its SHA-256: `own` if given, else the installed, cached or downloaded one.

    Raises:
        WeightsError: it cannot be obtained, or its digest is not the published one; the digest of `own` is not checked.
    """
    if own is not None:
        if not own.is_file():
            raise WeightsError(f"weights {own}: there is no such file; name one, or leave weights out to look them up")
        return own, sha256_of(own)
    path = published.installed() or _cached(published)
    digest = sha256_of(path)
    if digest != published.sha256:
        remedy = "delete it to fetch it again" if path == published.cached else "install it again"
        raise WeightsError(f"weights {path}: SHA-256 is {digest}, published is {published.sha256}; {remedy}")
    return path, digest


def _cached(published: PublishedWeights) -> Path:
    path = published.cached
    if path.exists():
        return path
    remedy = f"put the file at {path}" + (f", or `{published.install}`" if published.package else "")
    if published.url is None:
        raise WeightsError(f"weights {published.name}: {published.package} is not installed; {remedy}")
    try:
        return fetch(published.url, path, published.sha256)
    except DataError as error:
        raise WeightsError(f"weights {published.name}: {error}; {remedy}") from None


def read(path: Path) -> dict[str, Tensor]:
    """Returns the tensors of a `.pth` or `.safetensors` file by name, on the CPU; runs no code in it.

    Raises:
        WeightsError: the file is damaged, or holds anything but tensors.
    """
    try:
        tensors = (
            load_file(path)
            if path.suffix == ".safetensors"
            else torch.load(path, map_location="cpu", weights_only=True)
        )
    except (OSError, EOFError, RuntimeError, ValueError, KeyError, pickle.UnpicklingError, SafetensorError) as error:
        reason = str(error).split("\n")[0]
        raise WeightsError(f"weights {path}: cannot be read ({reason}); takes a .pth or .safetensors file") from None
    if not isinstance(tensors, Mapping) or not all(isinstance(tensor, Tensor) for tensor in tensors.values()):
        raise WeightsError(f"weights {path}: holds other things than tensors; takes a state dict, name to tensor")
    return dict(tensors)


def load_frozen(build: Callable[[], _Network], tensors: Mapping[str, Tensor], source: str) -> _Network:
    """Builds a network with the weights `tensors`, in evaluation mode, without gradients.

    For speed, batch norms are folded and memory is channels last. The network is built on the meta device, which
    takes no time and draws no random numbers.

    Raises:
        WeightsError: a tensor is missing, unknown or of another shape; the message names the `source`.
    """
    with torch.device("meta"):
        network = build()
    _check(network.state_dict(), tensors, source)
    network.load_state_dict(
        {name: _to_channels_last(tensor) for name, tensor in tensors.items()}, strict=False, assign=True
    )
    network.eval().requires_grad_(False)
    fold_batch_norms(network)
    return network


def load_backbone(
    name: str,
    build: Callable[[], FeatureNetwork],
    file: PublishedWeights,
    size: int,
    weights: Path | None,
    titles: tuple[tuple[str, str], ...] = (),
) -> Backbone:
    """Returns a backbone with published weights, or those at `weights`; `titles` apply to the published ones only."""
    path, digest = locate(file, weights)
    network = load_frozen(build, read(path), str(path))
    return Backbone(name, network, size, digest, titles if digest == file.sha256 else ())


def _to_channels_last(tensor: Tensor) -> Tensor:
    layout = torch.channels_last if tensor.ndim == 4 else torch.contiguous_format
    return tensor.float().contiguous(memory_format=layout)


def digest_of(network: nn.Module) -> str:
    """Returns the SHA-256, in hexadecimal, of a network's tensors and their names."""
    digest = hashlib.sha256()
    for name, tensor in network.state_dict().items():
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


_COUNTER = ".num_batches_tracked"
"""A counter of training steps: not all published files have it, and evaluation ignores it."""


def _check(expected: Mapping[str, Tensor], tensors: Mapping[str, Tensor], source: str) -> None:
    needed = {name: tuple(tensor.shape) for name, tensor in expected.items() if not name.endswith(_COUNTER)}
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items() if not name.endswith(_COUNTER)}
    missing = [name for name in needed if name not in shapes]
    unknown = [name for name in shapes if name not in needed]
    misshaped = [name for name, shape in needed.items() if name in shapes and shapes[name] != shape]
    faults = []
    if missing:
        faults.append(f"{len(missing)} tensors are missing, first {missing[0]}")
    if unknown:
        faults.append(f"{len(unknown)} are not the network's, first {unknown[0]}")
    if misshaped:
        first = misshaped[0]
        faults.append(f"{len(misshaped)} differ in shape, first {first}: {shapes[first]} instead of {needed[first]}")
    if faults:
        raise WeightsError(f"weights {source}: {'; '.join(faults)}; use the weights of this network")
