"""The idx format is read, and files that are not whole are refused."""

import gzip
import hashlib
import struct

import numpy as np
import pytest

from sparring.data.catalog.idx import read_idx
from sparring.errors import DataError


def idx(pixels):
    return b"\0\0\x08" + bytes([pixels.ndim]) + struct.pack(f">{pixels.ndim}I", *pixels.shape) + pixels.tobytes()


def test_compressed_and_plain_files_are_read(tmp_path, noise):
    pixels = noise(3, 4, 5)
    (tmp_path / "a").write_bytes(idx(pixels))
    (tmp_path / "a.gz").write_bytes(gzip.compress(idx(pixels)))
    digest = hashlib.sha256(idx(pixels)).hexdigest()
    for name in ("a", "a.gz"):
        np.testing.assert_array_equal(read_idx(tmp_path / name, digest), pixels)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "not an idx file"), (b"nonsense", "not an idx file"), (idx(np.zeros((2, 3), np.uint8))[:-1], "17 bytes")],
)
def test_files_that_are_not_whole_are_refused(tmp_path, content, message):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_idx(tmp_path / "a")


def test_a_truncated_gzip_is_refused(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(idx(np.zeros((2, 3), np.uint8)))[:-4])
    with pytest.raises(DataError, match="fetch the file again"):
        read_idx(tmp_path / "a.gz")
