"""The handwritten digits that scikit-learn carries."""

from pathlib import Path
from typing import Any

import numpy as np

from sparring.data.formats.resizing import resize_image
from sparring.data.images import Images
from sparring.data.named import named
from sparring.data.provenance import Provenance, of_files
from sparring.data.size import ImageSize, height_width
from sparring.data.source import Loading, Source
from sparring.data.split import Split, indices_of
from sparring.data.targets import Targets
from sparring.errors import MissingExtraError


class Digits(Source):
    """1,797 real handwritten digits, gray, ten classes, 8x8 as published (Alpaydin & Kaynak 1998).

    The published values 0 … 16 become 0 … 255. Images are brought to `size` by bicubic
    interpolation, antialiased where they shrink, stretched where `size` is not square. `split` is `all`, every
    tenth of each class (`test`), or the others (`train`).
    """

    size: ImageSize = 16
    split: Split = "all"

    def load(self, loading: Loading = Loading()) -> Images:
        """Returns the set; nothing is downloaded or cached.

        Raises:
            MissingExtraError: scikit-learn is not installed.
        """
        published = _datasets().load_digits()
        by_class = np.argsort(published.target, kind="stable")
        chosen = np.sort(by_class[indices_of(self.split, len(by_class))])
        values = np.rint(published.images[chosen] * (255 / 16)).astype(np.uint8)[..., None]
        size = height_width(self.size)
        pixels = np.stack([resize_image(image, size, "stretch", "bicubic", alpha=False) for image in values])
        return Images(
            np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)),
            Targets(published.target[chosen].astype(np.int64), tuple(str(digit) for digit in range(10))),
            mirror=self.mirror,
            name="digits" if self.split == "all" else f"digits {self.split}",
        )

    def provenance(self, loading: Loading = Loading()) -> tuple[Provenance, ...]:
        """Returns what UCI's repository says, and scikit-learn's file."""
        origin = (
            "Optical Recognition of Handwritten Digits, test set (Alpaydin & Kaynak 1998), "
            "UCI Machine Learning Repository, as scikit-learn carries it"
        )
        file = Path(_datasets().__file__).parent / "data" / "digits.csv.gz"
        return (of_files("digits", origin, "CC BY 4.0", file),)


def _datasets() -> Any:
    try:
        import sklearn.datasets  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        remedy = 'pip install "sparring[digits]"'
        raise MissingExtraError(f"data: Digits come with scikit-learn, which is not installed: {remedy}") from None
    return sklearn.datasets


named("digits", Digits())
