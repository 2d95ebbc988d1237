"""The idx format of MNIST and its successors: a header of sizes, then bytes."""

import gzip
import hashlib
import zlib
from math import prod
from pathlib import Path

import numpy as np

from sparring.data.formats.pixels import Pixels
from sparring.errors import DataError


def read_idx(path: Path, sha256: str = "") -> Pixels:
    """Returns the uint8 array in an idx file, gzip-compressed or not.

    Args:
        path: the file; compressed where its name ends in `.gz`.
        sha256: the digest that the uncompressed bytes must have; none is checked where it is empty.

    Raises:
        DataError: the file cannot be read, is truncated, is not idx, or has another digest.
    """
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({error}); fetch the file again") from None
    if sha256 and hashlib.sha256(content).hexdigest() != sha256:
        raise DataError(f"{path}: not the published file (its SHA-256 differs); fetch the file again")
    if len(content) < 4 or content[:3] != b"\0\0\x08":
        raise DataError(f"{path}: not an idx file of bytes; it should begin with 00 00 08")
    dimensions = content[3]
    start = 4 + 4 * dimensions
    shape = tuple(int(side) for side in np.frombuffer(content[4:start], ">u4"))
    if len(shape) != dimensions or len(content) != start + prod(shape):
        raise DataError(f"{path}: holds {len(content)} bytes, which contradicts its header; fetch it again")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()
