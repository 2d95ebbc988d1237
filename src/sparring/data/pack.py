"""Packing a set with its labels into one file or folder that is quick to read."""

import json
import os
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparring.data.formats.packed import writing
from sparring.data.formats.png import write_png
from sparring.data.image_files import ImageFiles
from sparring.data.loader import ImageLoader, strict_decoding
from sparring.data.named_images import write_pack
from sparring.data.source import Loading
from sparring.errors import DataError


@dataclass(frozen=True)
class PackedSummary:
    """The packed set: `count` images of `shape` (C, H, W) and `dtype` at `path`, and how many were not packed.

    `names` are those of the classes, or of the numbers.
    """

    path: Path
    count: int
    shape: tuple[int, int, int]
    dtype: str
    names: tuple[str, ...]
    skipped: int
    left_out: int
    bytes: int


def pack(path: Path, out: Path, settings: ImageFiles = ImageFiles(), loading: Loading = Loading()) -> PackedSummary:
    """Writes the images at `path` to `out`, and returns what was written.

    Where `out` ends in `.zip` it becomes a zip of PNGs with NVIDIA's `dataset.json`; anything else
    becomes a folder with one memory-mappable array. Both are lossless. `out` appears only when it is complete.

    Args:
        path: what `ImageFiles` reads.
        out: the zip file or folder to make.
        settings: size, channels and the like; its path is not used.
        loading: how they are read.

    Raises:
        DataError: `out` is there already or cannot be written (a full disk, for example), the images
            do not fit the settings, or a zip of PNGs cannot hold them.
    """
    out = out.expanduser()
    if out.exists():
        raise DataError(f"{out}: is there already and is not overwritten; name another place, or remove it first")
    chosen = settings.model_copy(update={"path": path})
    with strict_decoding():
        loader = chosen.loader(loading)
        write = _write_zip if out.suffix.lower() == ".zip" else write_pack
        count = write(loader, out)
    return PackedSummary(
        path=out,
        count=count,
        shape=loader.format.shape,
        dtype=loader.format.dtype,
        names=() if loader.targets is None else loader.targets.names,
        skipped=len(loader.offenders),
        left_out=loader.left_out,
        bytes=sum(file.stat().st_size for file in ([out] if out.is_file() else out.iterdir())),
    )


def _write_zip(loader: ImageLoader, out: Path) -> int:
    """Writes a stored (PNGs are compressed already) zip; returns the count of images."""
    kind, targets = loader.format, loader.targets
    if kind.dtype == "float32" or kind.channels > 4 or loader.alpha != (kind.channels in (2, 4)):
        images = f"{kind.dtype} images with {kind.channels} channels"
        raise DataError(f"{out}: a zip of PNGs cannot hold {images}; pack to a folder: a name without .zip")
    labels: list[tuple[str, Any]] = []
    partial: Path | None = None
    try:
        with writing(out):
            out.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
            partial = Path(name)
            with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                for index, row in loader.rows():
                    member = f"{len(labels) // 1000:05d}/img{len(labels):08d}.png"
                    archive.writestr(member, write_png(row.transpose(1, 2, 0)))
                    labels.append((member, None if targets is None else targets.values[index].tolist()))
                listing: dict[str, Any] = {"labels": labels} if targets else {"labels": None, "classes": ()}
                listing |= {targets.kind: targets.names} if targets else {}
                archive.writestr("dataset.json", json.dumps(listing, ensure_ascii=False))
            partial.chmod(0o644)
            partial.rename(out)
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)
    return len(labels)
