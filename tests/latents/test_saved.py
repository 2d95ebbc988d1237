"""Latents come back from their files as they were, and nothing else does."""

from pathlib import Path

import numpy as np
import pytest
import torch

from sparring.errors import DataError
from sparring.latents import Latents, read_latents, save_latents

KINDS = [
    Latents("z", torch.randn(3, 4), torch.tensor([0, 2, 1])),
    Latents("w", torch.randn(3, 4)),
    Latents("w+", torch.randn(3, 6, 4), noise=(torch.randn(3, 1, 4, 4), torch.randn(3, 1, 8, 8))),
]


@pytest.mark.parametrize("latents", KINDS, ids=lambda latents: latents.space)
def test_saved_latents_come_back(latents: Latents, tmp_path: Path) -> None:
    save_latents(tmp_path / "some.npz", latents)
    loaded = read_latents(tmp_path / "some.npz")
    assert loaded.space == latents.space
    assert torch.equal(loaded.points, latents.points)
    assert (loaded.condition is None) == (latents.condition is None)
    assert loaded.condition is None or torch.equal(loaded.condition, latents.condition)
    assert all(map(torch.equal, loaded.noise, latents.noise))
    assert len(loaded.noise) == len(latents.noise)


def test_a_file_of_the_published_projector_is_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "projected_w.npz", w=np.ones((1, 10, 512), np.float32))
    assert read_latents(tmp_path / "projected_w.npz").space == "w+"


def test_no_pickle_is_opened(tmp_path: Path) -> None:
    np.savez(tmp_path / "bad.npz", w=np.array([object()], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="damaged, or no"):
        read_latents(tmp_path / "bad.npz")


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({}, "holds nothing"),
        ({"z": np.zeros((2, 3), np.float32), "w": np.zeros((2, 3), np.float32)}, r"holds z \[2, 3\], w \[2, 3\]"),
        ({"z": np.zeros((2, 3, 4), np.float32)}, r"holds z \[2, 3, 4\]; needs"),
        ({"w": np.full((2, 3), np.nan, np.float32)}, "not finite fractions"),
        ({"w": np.zeros((2, 3), int)}, "not finite fractions"),
        ({"z": np.zeros((2, 3), np.float32), "condition": np.zeros(5, int)}, "another count"),
    ],
)
def test_other_arrays_are_refused(arrays: dict[str, np.ndarray], said: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(DataError, match=said):
        read_latents(tmp_path / "bad.npz")


def test_missing_and_damaged_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there are no latents at"):
        read_latents(tmp_path / "none.npz")
    for content in (b"", b"PK\x03\x04 and no more", b"\x93NUMPY\x01\x00v\x00{'descr': '<f4'}"):
        (tmp_path / "bad.npz").write_bytes(content)
        with pytest.raises(DataError, match="damaged"):
            read_latents(tmp_path / "bad.npz")
