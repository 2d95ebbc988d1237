"""A small digit classifier that the benchmark trains and reads generated images with."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from torch import Tensor

from sparring.data import Digits
from sparring.errors import MissingExtraError, ShapeError
from sparring.metrics import Modes


@dataclass(frozen=True)
class Reader:
    """A support vector machine on pixels; `accuracy` is its accuracy on held-out digits."""

    machine: Any
    accuracy: float

    def read(self, images: Tensor) -> "np.ndarray[Any, np.dtype[np.int64]]":
        """Returns the digit [N, C] in each channel of `images` [N, C, H, W] in [-1, 1]."""
        count, channels = images.shape[:2]
        digits = self.machine.predict(_features(images.reshape(count * channels, -1).numpy()))
        return np.asarray(digits, np.int64).reshape(count, channels)


@cache
def train_reader(height: int, width: int) -> Reader:
    """Returns a reader of digits of this size, trained on all of them; its accuracy is measured on a fifth, held out.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    try:
        from sklearn.model_selection import train_test_split  # type: ignore[import-untyped, unused-ignore]
        from sklearn.svm import SVC  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        raise MissingExtraError('reading digits needs scikit-learn: pip install "sparring[digits]"') from None
    digits = Digits(size=f"{height}x{width}").load()
    pixels, labels = _features(digits.pixels.reshape(len(digits), -1) / 127.5 - 1), digits.labels
    train, held_out, train_labels, answers = train_test_split(
        pixels, labels, test_size=0.2, random_state=0, stratify=labels
    )
    accuracy = float(SVC(C=10).fit(train, train_labels).score(held_out, answers))
    return Reader(SVC(C=10).fit(pixels, labels), accuracy)


def count_triples(images: Tensor) -> tuple[Modes, float]:
    """Returns the coverage of the 1,000 triples of digits by `images` [N, 3, H, W] in [-1, 1], and the accuracy.

    Every image counts as one of its triple (Metz et al. 2017): `high_quality` is 1.

    Raises:
        ShapeError: not three channels, or no images.
    """
    if images.ndim != 4 or images.shape[1] != 3 or not len(images):
        raise ShapeError(f"got images {tuple(images.shape)}; needs [N, 3, H, W] with at least one")
    reader = train_reader(images.shape[2], images.shape[3])
    triples = reader.read(images.clamp(-1, 1)) @ np.array([100, 10, 1])
    shares = np.bincount(triples, minlength=1000) / len(images)
    covered = shares[shares > 0]
    divergence = float((covered * np.log(covered * 1000)).sum())
    return Modes(found=len(covered), count=1000, high_quality=1.0, divergence=divergence), reader.accuracy


def _features(pixels: Any) -> Any:
    """Returns pixels in [-1, 1] as the published values 0 … 16, which suit the machine's default kernel width."""
    return (pixels + 1) * 8
