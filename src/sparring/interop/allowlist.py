"""The globals that a foreign checkpoint may name, and our constructors for them: tensors, numbers, containers."""

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
"""Dtypes by the prefix of their storage class, as in `torch.FloatStorage`."""

NUMPY_DTYPES = {"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"}
"""NumPy's codes of numeric dtypes."""


def make_tensor(storage: Tensor, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> Tensor:
    """Returns a strided copy of `storage` [n]; raises `CheckpointError` if the storage is too small."""
    size, stride = tuple(map(int, size)), tuple(map(int, stride))
    if not isinstance(storage, Tensor) or prod(size) > len(storage):
        raise CheckpointError(f"a tensor {size}, larger than its storage in the file")
    return storage.as_strided(size, stride, int(offset)).clone(memory_format=torch.contiguous_format)


def make_parameter(data: Tensor, *_: Any) -> Tensor:
    """Returns a parameter's tensor."""
    if not isinstance(data, Tensor):
        raise CheckpointError(f"a parameter of {type(data).__name__}, not of a tensor")
    return data


def load_storage(content: bytes) -> Tensor:
    """Returns the numbers [n] in `content`, a storage that PyTorch wrote into a pickle."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # TypedStorage is deprecated, but it carries the dtype
            storage = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        lines = str(error).splitlines()
        reason = next((line for line in lines if "GLOBAL" in line or "Unsupported" in line), str(error))
        raise CheckpointError(f"a storage that holds something else: {reason.strip()}") from None
    if not isinstance(storage, torch.TypedStorage):
        raise CheckpointError(f"a storage that holds {type(storage).__name__}")
    return torch.empty(0, dtype=storage.dtype).set_(storage._untyped_storage)


@dataclass
class ArrayDtype:
    """NumPy's dtype: a `code` such as `f8`, and the byte order."""

    code: str
    order: str = "<"

    def build(self, state: tuple[Any, ...]) -> None:
        """Sets the byte order."""
        _version, order, *rest = state
        if order not in ("<", ">", "|", "=") or any(rest[:3]):
            raise CheckpointError(f"an array of {self.code} with fields")
        self.order = order

    def read(self, content: bytes) -> NDArray[Any]:
        """Returns the numbers [n] in `content`."""
        return np.frombuffer(content, np.dtype(f"{self.order}{self.code}")).copy()


@dataclass
class PickledArray:
    """NumPy's array: created empty, filled by `build`."""

    values: NDArray[Any]

    def build(self, state: tuple[Any, ...]) -> None:
        """Sets shape and values."""
        _version, shape, dtype, columns_first, content = state
        if not isinstance(dtype, ArrayDtype) or not isinstance(content, bytes):
            raise CheckpointError("an array that does not hold numbers")
        self.values = dtype.read(content).reshape(shape, order="F" if columns_first else "C")


def make_dtype(code: str, *_: Any) -> ArrayDtype:
    """Returns NumPy's numeric dtype `code`; raises `CheckpointError` for objects, records and other dtypes."""
    if code not in NUMPY_DTYPES:
        raise CheckpointError(f"numpy's type {code!r}, which is not numeric")
    return ArrayDtype(code)


def make_scalar(dtype: ArrayDtype, content: bytes) -> float | int | bool:
    """Returns the single number in `content`."""
    number: float | int | bool = dtype.read(content).item()
    return number


def make_array(*_: Any) -> PickledArray:
    """Returns an empty array, for `build` to fill."""
    return PickledArray(np.empty(0))


def make_array_from_buffer(content: bytes, dtype: ArrayDtype, shape: tuple[int, ...], order: str) -> PickledArray:
    """Returns an array of the numbers in `content`: the form of pickle protocol 5."""
    array = make_array()
    array.build((1, shape, dtype, order == "F", bytes(content)))
    return array


def encode_bytes(text: str, encoding: str) -> bytes:
    """Returns the bytes that an old pickle stores as text."""
    if encoding != "latin1":
        raise CheckpointError(f"bytes written in {encoding!r}")
    return text.encode("latin1")


def _refuse_call(*_: Any) -> Any:
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
"""Containers: their contents pass the same checks."""

TENSORS: Mapping[str, Constructor] = {
    "torch._utils._rebuild_tensor_v2": make_tensor,
    "torch._utils._rebuild_tensor": make_tensor,
    "torch._utils._rebuild_parameter": make_parameter,
    "torch.storage._load_from_bytes": load_storage,
    **{f"torch.{name}Storage": _refuse_call for name in DTYPES},
    **{f"torch.{str(dtype).removeprefix('torch.')}": _refuse_call for dtype in DTYPES.values()},
}
"""Tensors, storages and dtypes."""

ARRAYS: Mapping[str, Constructor] = {
    **{f"numpy.{core}.multiarray._reconstruct": make_array for core in ("core", "_core")},
    **{f"numpy.{core}.multiarray.scalar": make_scalar for core in ("core", "_core")},
    **{f"numpy.{core}.numeric._frombuffer": make_array_from_buffer for core in ("core", "_core")},
    "numpy.dtype": make_dtype,
    "numpy.ndarray": _refuse_call,
    "_codecs.encode": encode_bytes,
}
"""NumPy's scalars and arrays."""

SAFE_GLOBALS: Mapping[str, Constructor] = {**CONTAINERS, **TENSORS, **ARRAYS}
"""Every global that a foreign checkpoint may name, except those of its networks."""
