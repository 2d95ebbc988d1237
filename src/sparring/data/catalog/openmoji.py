"""2,465 emoji as line drawings and in colour, from the npm package openmoji."""

import json
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from PIL import Image
from pydantic import Field

from sparring.data.catalog.drawings import collect_drawings
from sparring.data.catalog.npm import NpmPackage
from sparring.data.formats.image_format import Channels
from sparring.data.formats.packed import PackWriter, is_pack, read_pack
from sparring.data.formats.pixels import Pixels
from sparring.data.image_collection import Collection
from sparring.data.image_files import ImageFiles
from sparring.data.loader import in_order
from sparring.data.named import named
from sparring.data.named_images import NamedImageSource
from sparring.data.pairs import Pairs
from sparring.data.provenance import Provenance
from sparring.data.source import Loading
from sparring.data.split import Split
from sparring.errors import DataError, MissingExtraError

_LISTING = "data/openmoji.json"

PACKAGE = NpmPackage(
    "openmoji",
    "17.0.0",
    (_LISTING, "black/svg/*.svg", "color/svg/*.svg"),
    tarball="55ee7d13485dec86e9f38c1f3a645a13382d33ff97c0cd845ee824b0aef45e68",
    content="cd39d26baf8a4949586486bb6eb7ef26979542d73907de1890b1273d943ef487",
)


class OpenMoji(NamedImageSource):
    """2,465 emoji, RGBA, in twelve classes: groups of OpenMoji. Skin tones are left out.

    `style` is the line drawing (`black`) or the coloured one (`color`) over the same lines; both have the same
    emoji in the same order, for pairing. They are rendered from SVG at `size`, by
    `pip install "sparring[svg]"`, once, and kept in the cache. `path` is the folder of the npm package; without one
    it is looked for in `node_modules`, here and in the folders above, then in the cache, and then downloaded from the
    registry (4 MB). `channels` of `rgb` and `gray` lie on white. `split` is `all`, every tenth (`test`), or the
    others (`train`).
    """

    style: Literal["black", "color"] = "color"
    path: Path | None = None
    size: Annotated[int, Field(ge=8, le=1024)] = 64
    channels: Channels = "rgba"
    split: Split = "all"

    @property
    def title(self) -> str:
        """Such as `openmoji black`."""
        return f"openmoji {self.style}" + ("" if self.split == "all" else f" {self.split}")

    @property
    def settings(self) -> ImageFiles:
        """As rendered."""
        return ImageFiles(size=self.size, channels=self.channels, resize="refuse")

    def collect(self, loading: Loading = Loading()) -> Collection:
        """Returns the emoji in order of their code points, by hexadecimal name.

        Raises:
            DataError: the package can be neither located nor downloaded, or is not the published one.
            MissingExtraError: nothing installed renders SVG.
        """
        files = PACKAGE.read(self.path, loading)
        entries = sorted(
            (entry for entry in json.loads(files[_LISTING]) if not entry["skintone"]),
            key=lambda entry: str(entry["hexcode"]),
        )
        names = [str(entry["hexcode"]) for entry in entries]
        folder = loading.folder / "openmoji" / f"{self.style}-{self.size}-{PACKAGE.content[:16]}"
        pixels = self._render([files[f"{self.style}/svg/{name}.svg"] for name in names], folder, loading)
        return collect_drawings(
            PACKAGE.locate(self.path, loading),
            names,
            pixels,
            [entry["group"] for entry in entries],
            f"{PACKAGE.content} {self.style} {self.size}",
            channels=self.channels,
            split=self.split,
        )

    def provenance(self, loading: Loading = Loading()) -> tuple[Provenance, ...]:
        """Returns what the package's README says."""
        PACKAGE.read(self.path, loading)
        origin = f"Groß, Utz & the OpenMoji contributors, https://openmoji.org, npm's openmoji {PACKAGE.version}"
        licence = "CC BY-SA 4.0: name the authors, and share what is made of it alike"
        return (Provenance(self.title, origin, licence, ((PACKAGE.locate(self.path, loading), PACKAGE.content),)),)

    def _render(self, drawings: list[bytes], folder: Path, loading: Loading) -> Pixels:
        """Returns the drawings, uint8 [N, H, W, 4], from the pack in `folder`, which is written where it is missing."""
        if is_pack(folder):
            try:
                return read_pack(folder, loading.memory_limit).images.pixels.transpose(0, 2, 3, 1)
            except DataError:
                shutil.rmtree(folder)  # only a copy, and a damaged one
        with PackWriter(folder, "uint8") as writer:
            for row in render_svg(drawings, self.size, loading.workers):
                writer.append(row)
            writer.finish(None, alpha=True, counts={"skipped": 0, "left_out": 0})
        return read_pack(folder, loading.memory_limit).images.pixels.transpose(0, 2, 3, 1)


def render_svg(drawings: list[bytes], side: int, workers: int) -> Iterator[Pixels]:
    """Yields SVG drawings as RGBA, uint8 [4, side, side]; raises `MissingExtraError` without a renderer."""
    resvg = _resvg()

    def render(drawing: bytes) -> Pixels:
        png = resvg.svg_to_bytes(svg_string=drawing.decode(), width=side, height=side, skip_system_fonts=True)
        pixels = np.asarray(Image.open(BytesIO(png)).convert("RGBA"))
        return np.ascontiguousarray((pixels * (pixels[..., 3:] > 0)).transpose(2, 0, 1))

    yield from in_order(render, drawings, workers)


def _resvg() -> Any:
    try:
        import resvg_py
    except ImportError:
        remedy = 'pip install "sparring[svg]"'
        raise MissingExtraError(f"data: OpenMoji is rendered from SVG; no renderer is installed: {remedy}") from None
    return resvg_py


named("openmoji", OpenMoji())
named("openmoji-black", OpenMoji(style="black"))
named("openmoji-pairs", Pairs(source=OpenMoji(style="black"), target=OpenMoji()))
