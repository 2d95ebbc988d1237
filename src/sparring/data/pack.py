"""Packing a set into one file or folder that is quick to read and carries its labels."""

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
from sparring.data.images import kind_of_meanings
from sparring.data.loader import Assembly, strict_decoding
from sparring.data.named_images import write_pack
from sparring.data.source import Loading
from sparring.errors import DataError


@dataclass(frozen=True)
class PackedSummary:
    """What was packed: where to, how many images, of which shape (C, H, W) and type, and how many were not.

    `meanings` are the names of the classes, or of the numbers.
    """

    path: Path
    count: int
    shape: tuple[int, int, int]
    dtype: str
    meanings: tuple[str, ...]
    skipped: int
    left_out: int
    bytes: int


def pack(path: Path, out: Path, settings: ImageFiles = ImageFiles(), loading: Loading = Loading()) -> PackedSummary:
    """Writes the images at `path` to `out`, and returns what was written.

    Where `out` ends in `.zip` it becomes a zip of PNGs with NVIDIA's `dataset.json`; anything else
    becomes a folder with one memory-mappable array. Nothing is lost in either. `out` appears when it is
    complete, and not before.

    Args:
        path: what `ImageFiles` reads.
        out: the zip file or folder to make.
        settings: size, channels and the like; its path is not used.
        loading: how they are read.

    Raises:
        DataError: `out` is there already or cannot be written (a full disk, for example), the images
            are not what the settings ask for, or a zip of PNGs cannot hold them.
    """
    out = out.expanduser()
    if out.exists():
        raise DataError(f"{out}: is there already and is not overwritten; name another place, or remove it first")
    chosen = settings.model_copy(update={"path": path})
    with strict_decoding():
        assembly, meanings = chosen.assembly(loading)
        write = _write_zip if out.suffix.lower() == ".zip" else write_pack
        count = write(assembly, meanings, out)
    layout = assembly.layout
    return PackedSummary(
        path=out,
        count=count,
        shape=(layout.channels, layout.height, layout.width),
        dtype=layout.dtype,
        meanings=meanings,
        skipped=len(assembly.offenders),
        left_out=assembly.left_out,
        bytes=sum(file.stat().st_size for file in ([out] if out.is_file() else out.iterdir())),
    )


def _write_zip(assembly: Assembly, meanings: tuple[str, ...], out: Path) -> int:
    """Writes a stored (PNGs are compressed already) zip; returns the count of images."""
    layout = assembly.layout
    if layout.dtype == "float32" or layout.channels > 4 or assembly.alpha != (layout.channels in (2, 4)):
        held = f"{layout.dtype} images with {layout.channels} channels"
        raise DataError(f"{out}: a zip of PNGs cannot hold {held}; pack to a folder: a name without .zip")
    labels: list[tuple[str, Any]] = []
    beside: Path | None = None
    try:
        with writing(out):
            out.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
            beside = Path(name)
            with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                for index, row in assembly.rows():
                    member = f"{len(labels) // 1000:05d}/img{len(labels):08d}.png"
                    archive.writestr(member, write_png(row.transpose(1, 2, 0)))
                    labels.append((member, None if assembly.told is None else assembly.told[index].tolist()))
                listing: dict[str, Any] = {"labels": None if assembly.told is None else labels}
                listing |= {kind_of_meanings(assembly.told): meanings}
                archive.writestr("dataset.json", json.dumps(listing, ensure_ascii=False))
            beside.chmod(0o644)
            beside.rename(out)
    finally:
        if beside is not None:
            beside.unlink(missing_ok=True)
    return len(labels)
