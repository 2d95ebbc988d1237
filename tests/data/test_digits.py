"""The handwritten digits are there, labelled, in the size asked for."""

import sys

import numpy as np
import pytest

from sparring.data import Digits
from sparring.errors import MissingExtraError


def test_digits_are_1797_labelled_images_of_any_size():
    pytest.importorskip("sklearn")
    images = Digits().load()
    assert images.pixels.shape == (1797, 1, 16, 16)
    assert images.pixels.dtype == np.uint8
    assert (images.pixels.min(), images.pixels.max()) == (0, 255)
    assert np.bincount(images.labels).min() > 170
    assert images.classes[7] == "7"
    assert Digits(size="8x12").load().shape == (1, 8, 12)


def test_digits_of_8x8_are_the_published_values():
    datasets = pytest.importorskip("sklearn.datasets")
    pixels = Digits(size=8).load().pixels[:, 0]
    np.testing.assert_array_equal(np.rint(pixels / 255 * 16), datasets.load_digits().images)


def test_without_scikit_learn_the_install_command_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(MissingExtraError, match=r'pip install "sparring\[digits\]"'):
        Digits().load()
