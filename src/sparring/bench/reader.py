"""Reads the digits in generated images: a small classifier that the benchmark trains itself."""

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
    """A support vector machine on pixels; `accuracy` is its share of right answers on digits held out from it."""

    machine: Any
    accuracy: float

    def read(self, images: Tensor) -> "np.ndarray[Any, np.dtype[np.int64]]":
        """Returns the digit [N, C] in each channel of `images` [N, C, H, W] in [-1, 1]."""
        count, channels = images.shape[:2]
        found = self.machine.predict(_features(images.reshape(count * channels, -1).numpy()))
        return np.asarray(found, np.int64).reshape(count, channels)


@cache
def train_reader(height: int, width: int) -> Reader:
    """Returns a reader of digits of this size, trained on all of them; a fifth is held out to tell its accuracy.

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
    seen, held_out, known, answers = train_test_split(pixels, labels, test_size=0.2, random_state=0, stratify=labels)
    accuracy = float(SVC(C=10).fit(seen, known).score(held_out, answers))
    return Reader(SVC(C=10).fit(pixels, labels), accuracy)


def count_triples(images: Tensor) -> tuple[Modes, float]:
    """Returns how `images` [N, 3, H, W] in [-1, 1] cover the 1,000 triples of digits, and the reader's accuracy.

    Every image counts as one of its triple, so that `high_quality` is 1 for all (Metz et al. 2017).

    Raises:
        ShapeError: not three channels, or no images.
    """
    if images.ndim != 4 or images.shape[1] != 3 or not len(images):
        raise ShapeError(f"got images {tuple(images.shape)}; needs [N, 3, H, W] with at least one")
    reader = train_reader(images.shape[2], images.shape[3])
    triples = reader.read(images.clamp(-1, 1)) @ np.array([100, 10, 1])
    shares = np.bincount(triples, minlength=1000) / len(images)
    seen = shares[shares > 0]
    divergence = float((seen * np.log(seen * 1000)).sum())
    return Modes(found=len(seen), count=1000, high_quality=1.0, divergence=divergence), reader.accuracy


def _features(pixels: Any) -> Any:
    """Pixels in [-1, 1] as the published values 0 … 16, for which the machine's default width suits."""
    return (pixels + 1) * 8
