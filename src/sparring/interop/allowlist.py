"""What may stand in a checkpoint of another project, and what stands for it here: tensors, numbers, containers."""

import io
import pickle
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sparring.errors import CheckpointError
from sparring.interop.pickles import Constructor, UnpickledDict, UnpickledNamespace

DTYPES = {
    "Float": torch.float32,
    "Double": torch.float64,
    "Half": torch.float16,
    "BFloat16": torch.bfloat16,
    "Long": torch.int64,
    "Int": torch.int32,
    "Short": torch.int16,
    "Char": torch.int8,
    "Byte": torch.uint8,
    "Bool": torch.bool,
}
"""Types of numbers by the names of their storages, as in `torch.FloatStorage`."""

NUMBERS = {f"{kind}{size}" for kind, sizes in {"f": "248", "i": "1248", "u": "1248"}.items() for size in sizes} | {"b1"}
"""Types of numbers by numpy's names."""


def make_tensor(storage: Tensor, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> Tensor:
    """Returns a tensor of the numbers in `storage` [n], a copy; raises `CheckpointError` where they are not in it."""
    size, stride = tuple(map(int, size)), tuple(map(int, stride))
    if not isinstance(storage, Tensor) or prod(size) > len(storage):
        raise CheckpointError(f"a tensor {size}, of which the file does not hold all numbers")
    return storage.as_strided(size, stride, int(offset)).clone(memory_format=torch.contiguous_format)


def make_parameter(data: Tensor, *_: Any) -> Tensor:
    """Returns the tensor of a parameter."""
    if not isinstance(data, Tensor):
        raise CheckpointError(f"a parameter of {type(data).__name__}, which is no tensor")
    return data


def load_storage(content: bytes) -> Tensor:
    """Returns the numbers [n] in `content`, a storage as PyTorch writes one into a pickle."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of storages that know their type, which these are
            storage = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        said = next((line for line in str(error).splitlines() if "GLOBAL" in line or "Unsupported" in line), str(error))
        raise CheckpointError(f"a storage that holds something else: {said.strip()}") from None
    if not isinstance(storage, torch.TypedStorage):
        raise CheckpointError(f"a storage that holds {type(storage).__name__}")
    return torch.empty(0, dtype=storage.dtype).set_(storage._untyped_storage)


@dataclass
class ArrayDtype:
    """A type of numbers as numpy writes one, `f8` or the like, and in which order their bytes are."""

    text: str
    order: str = "<"

    def build(self, state: tuple[Any, ...]) -> None:
        """Takes up the order of bytes."""
        _version, order, *rest = state
        if order not in ("<", ">", "|", "=") or any(rest[:3]):
            raise CheckpointError(f"an array of {self.text} with fields")
        self.order = order

    def read(self, content: bytes) -> NDArray[Any]:
        """Returns the numbers [n] that `content` holds."""
        return np.frombuffer(content, np.dtype(f"{self.order}{self.text}")).copy()


@dataclass
class PickledArray:
    """An array as numpy writes one: empty at first, and then given its `values`."""

    values: NDArray[Any]

    def build(self, state: tuple[Any, ...]) -> None:
        """Takes up shape, numbers and their order."""
        _version, shape, numbers, columns_first, content = state
        if not isinstance(numbers, ArrayDtype) or not isinstance(content, bytes):
            raise CheckpointError("an array of something else than numbers")
        self.values = numbers.read(content).reshape(shape, order="F" if columns_first else "C")


def make_numbers(text: str, *_: Any) -> ArrayDtype:
    """Returns the type of numbers that numpy calls `text`; raises `CheckpointError` for objects and the like."""
    if text not in NUMBERS:
        raise CheckpointError(f"numpy's type {text!r}, which is no number")
    return ArrayDtype(text)


def make_number(numbers: ArrayDtype, content: bytes) -> float | int | bool:
    """Returns the one number in `content`."""
    number: float | int | bool = numbers.read(content).item()
    return number


def make_array(*_: Any) -> PickledArray:
    """Returns an array without numbers yet."""
    return PickledArray(np.empty(0))


def make_filled_array(content: bytes, numbers: ArrayDtype, shape: tuple[int, ...], order: str) -> PickledArray:
    """Returns an array of the numbers in `content`, as pickles of protocol 5 have it."""
    array = make_array()
    array.build((1, shape, numbers, order == "F", bytes(content)))
    return array


def encode(text: str, encoding: str) -> bytes:
    """Returns bytes that an old pickle holds as text."""
    if encoding != "latin1":
        raise CheckpointError(f"bytes written in {encoding!r}")
    return text.encode("latin1")


def _no_value(*_: Any) -> Any:
    raise CheckpointError("a call of a type")


CONTAINERS: Mapping[str, Constructor] = {
    "collections.OrderedDict": UnpickledDict,
    "builtins.set": set,
    "builtins.frozenset": frozenset,
    "__builtin__.set": set,
    "torch.Size": tuple,
    "argparse.Namespace": UnpickledNamespace,
    "dnnlib.util.EasyDict": UnpickledNamespace,
}
"""Names of containers, which hold nothing that was not admitted itself."""

TENSORS: Mapping[str, Constructor] = {
    "torch._utils._rebuild_tensor_v2": make_tensor,
    "torch._utils._rebuild_tensor": make_tensor,
    "torch._utils._rebuild_parameter": make_parameter,
    "torch.storage._load_from_bytes": load_storage,
    **{f"torch.{name}Storage": _no_value for name in DTYPES},
    **{f"torch.{str(dtype).removeprefix('torch.')}": _no_value for dtype in DTYPES.values()},
}
"""Names of tensors and what they are made of."""

ARRAYS: Mapping[str, Constructor] = {
    **{f"numpy.{core}.multiarray._reconstruct": make_array for core in ("core", "_core")},
    **{f"numpy.{core}.multiarray.scalar": make_number for core in ("core", "_core")},
    **{f"numpy.{core}.numeric._frombuffer": make_filled_array for core in ("core", "_core")},
    "numpy.dtype": make_numbers,
    "numpy.ndarray": _no_value,
    "_codecs.encode": encode,
}
"""Names of numpy's numbers and arrays."""

SAFE_GLOBALS: Mapping[str, Constructor] = {**CONTAINERS, **TENSORS, **ARRAYS}
"""All names that may stand in a checkpoint of another project, beside those of its networks."""
