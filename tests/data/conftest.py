"""Tiny images for tests."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

Noise = Callable[..., NDArray[Any]]
Encoded = Callable[..., bytes]
Draw = Callable[..., Path]


@pytest.fixture
def noise() -> Noise:
    """Makes random whole numbers over the whole range of a type: `noise(8, 8, 3, seed=1, dtype=np.uint16)`."""

    def make(*shape: int, seed: int = 0, dtype: type = np.uint8) -> NDArray[Any]:
        return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)

    return make


@pytest.fixture
def encoded(noise: Noise) -> Encoded:
    """Makes the bytes of an image file: `encoded(8, 8, 3, format="JPEG")`."""

    def make(*shape: int, seed: int = 0, format: str = "PNG", **options: Any) -> bytes:
        stream = BytesIO()
        Image.fromarray(noise(*shape, seed=seed)).save(stream, format, **options)
        return stream.getvalue()

    return make


@pytest.fixture
def draw(tmp_path: Path, encoded: Encoded) -> Draw:
    """Writes noise as an image file below the folder `images`: `draw("cats/1.png", 8, 8, 3)`."""

    def make(name: str, *shape: int, seed: int = 0) -> Path:
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        formats = {".jpg": "JPEG", ".tif": "TIFF"}
        path.write_bytes(encoded(*shape, seed=seed, format=formats.get(path.suffix, path.suffix[1:].upper())))
        return path

    return make


@pytest.fixture
def folder(tmp_path: Path, draw: Draw) -> Path:
    """Six RGB images of 8x8."""
    for index in range(6):
        draw(f"{index}.png", 8, 8, 3, seed=index)
    return tmp_path / "images"
