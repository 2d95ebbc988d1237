"""Published weights: where they are found, that they are the published ones, and that they fit their network."""

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

from sparring.backbones.folding import fold_batch_norms
from sparring.download import cache_folder, fetch, sha256_of
from sparring.errors import DataError, WeightsError

_Network = TypeVar("_Network", bound=nn.Module)


@dataclass(frozen=True)
class PublishedWeights:
    """A file of weights that its authors published, and its SHA-256.

    It comes from `url`, or as the file `inside` of a `package` that the command `install` installs, after which no
    network is needed; either may be missing. `name` is its name in the cache.
    """

    name: str
    sha256: str
    url: str | None = None
    package: str | None = None
    inside: str = ""
    install: str = ""

    @property
    def cached(self) -> Path:
        """Where the file lies, or would lie, in the cache."""
        return cache_folder() / "weights" / self.name

    def installed(self) -> Path | None:
        """Returns the file's path in its package; None where that is not installed. Nothing is imported."""
        if self.package is None:
            return None
        try:
            path = Path(str(metadata.distribution(self.package).locate_file(self.inside)))
        except metadata.PackageNotFoundError:
            return None
        return path if path.is_file() else None


def locate(published: PublishedWeights, own: Path | None = None) -> tuple[Path, str]:
    """Returns a file and its SHA-256: `own` where that is given, else the installed, the cached or a downloaded one.

    Raises:
        WeightsError: it is nowhere to be had, or its bytes are not the published ones; `own` is taken as it is.
    """
    if own is not None:
        if not own.is_file():
            raise WeightsError(f"weights {own}: there is no such file; name one, or leave weights out to look them up")
        return own, sha256_of(own)
    path = published.installed() or _cached(published)
    found = sha256_of(path)
    if found != published.sha256:
        remedy = "delete it to fetch it again" if path == published.cached else "install it again"
        raise WeightsError(f"weights {path}: SHA-256 is {found}, published is {published.sha256}; {remedy}")
    return path, found


def _cached(published: PublishedWeights) -> Path:
    path = published.cached
    if path.exists():
        return path
    put = f"put the file at {path}" + (f", or `{published.install}`" if published.package else "")
    if published.url is None:
        raise WeightsError(f"weights {published.name}: {published.package} is not installed; {put}")
    try:
        return fetch(published.url, path, published.sha256)
    except DataError as error:
        raise WeightsError(f"weights {published.name}: {error}; {put}") from None


def read(path: Path) -> dict[str, Tensor]:
    """Returns the tensors of a `.pth` or `.safetensors` file by their names, on the CPU; no code in it is run.

    Raises:
        WeightsError: the file is damaged, or holds other things than tensors.
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
    """Returns the network that `build` makes, with `tensors` for weights: in evaluation mode, without gradients.

    Batch norms are folded and images lie channels last in memory: both for speed. It is built without initial
    values, which takes no time and draws no random numbers.

    Raises:
        WeightsError: a tensor of the network is missing, of another shape, or unknown; `source` tells whose.
    """
    with torch.device("meta"):
        network = build()
    _check(network.state_dict(), tensors, source)
    network.load_state_dict({name: _laid(tensor) for name, tensor in tensors.items()}, strict=False, assign=True)
    network.eval().requires_grad_(False)
    fold_batch_norms(network)
    return network


def _laid(tensor: Tensor) -> Tensor:
    layout = torch.channels_last if tensor.ndim == 4 else torch.contiguous_format
    return tensor.float().contiguous(memory_format=layout)


def digest_of(network: nn.Module) -> str:
    """Returns the SHA-256, in hexadecimal, of a network's tensors by their names."""
    digest = hashlib.sha256()
    for name, tensor in network.state_dict().items():
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


_NO_WEIGHT = ".num_batches_tracked"
"""A counter of training steps, which not all published files have and no evaluation reads."""


def _check(expected: Mapping[str, Tensor], tensors: Mapping[str, Tensor], source: str) -> None:
    wanted = {name: tuple(tensor.shape) for name, tensor in expected.items() if not name.endswith(_NO_WEIGHT)}
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items() if not name.endswith(_NO_WEIGHT)}
    missing = [name for name in wanted if name not in found]
    unknown = [name for name in found if name not in wanted]
    misshaped = [name for name, shape in wanted.items() if name in found and found[name] != shape]
    faults = []
    if missing:
        faults.append(f"{len(missing)} tensors are missing, first {missing[0]}")
    if unknown:
        faults.append(f"{len(unknown)} are not the network's, first {unknown[0]}")
    if misshaped:
        first = misshaped[0]
        faults.append(f"{len(misshaped)} differ in shape, first {first}: {found[first]} instead of {wanted[first]}")
    if faults:
        raise WeightsError(f"weights {source}: {'; '.join(faults)}; give the weights of this network")
