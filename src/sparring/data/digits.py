"""The handwritten digits that scikit-learn carries."""

from pathlib import Path

import numpy as np

from sparring.data.images import Images
from sparring.data.resizing import resize
from sparring.data.size import Size, height_width
from sparring.data.source import WORKERS, Source
from sparring.errors import MissingExtraError


class Digits(Source):
    """1,797 real handwritten digits, gray, ten classes, 8x8 as published (Alpaydin & Kaynak 1998).

    The published values 0 … 16 become 0 … 255. Images are brought to `size` by bicubic
    interpolation, antialiased where they shrink, stretched where `size` is not square.
    """

    size: Size = 16

    def load(self, *, skip_bad: bool = False, workers: int = WORKERS, cache: Path | None = None) -> Images:
        """Returns the set; nothing is downloaded or cached.

        Raises:
            MissingExtraError: scikit-learn is not installed.
        """
        try:
            from sklearn.datasets import load_digits  # type: ignore[import-untyped, unused-ignore]
        except ImportError:
            remedy = 'pip install "sparring[digits]"'
            raise MissingExtraError(f"data: Digits come with scikit-learn, which is not installed: {remedy}") from None
        published = load_digits()
        values = np.rint(published.images * (255 / 16)).astype(np.uint8)[..., None]
        size = height_width(self.size)
        pixels = np.stack([resize(image, size, "stretch", "bicubic", alpha=False) for image in values])
        return Images(
            pixels=np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)),
            labels=published.target.astype(np.int64),
            classes=tuple(str(digit) for digit in range(10)),
            mirror=self.mirror,
            name="digits",
        )
