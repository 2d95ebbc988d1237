"""Packing a data set with the settings that a recipe's `data:` section takes."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from sparring.data import ImageFiles
from sparring.data.pack import pack


def pack_images(path: Path, out: Path, assignments: Sequence[str], skip_bad: bool = False) -> Iterator[str]:
    """Packs the images at `path` into `out` with `field=value` settings, and yields what to say of it."""
    settings = ImageFiles(path=path).override([text.removeprefix("data.") for text in assignments])
    packed = pack(path, out, settings=settings, skip_bad=skip_bad)
    shape = "x".join(map(str, packed.shape))
    yield f"{packed.path}: {packed.count:,} images of {shape}, {packed.dtype}, {packed.bytes / 1e6:.1f} MB"
    yield f"train on it with: spar train dcgan --data {packed.path}"
