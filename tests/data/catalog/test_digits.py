"""The handwritten digits are there, labelled, in any size."""

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


def test_every_tenth_digit_of_each_class_is_held_out():
    pytest.importorskip("sklearn")
    every, train, test = (Digits(size=8, split=split).load() for split in ("all", "train", "test"))
    assert (len(train), len(test)) == (1618, 179)
    assert set(np.bincount(test.labels)) <= {17, 18, 19}
    parts = np.concatenate((train.pixels, test.pixels)).reshape(1797, -1)
    assert sorted(map(bytes, parts)) == sorted(map(bytes, every.pixels.reshape(1797, -1)))
    assert len({every.digest, train.digest, test.digest}) == 3


def test_without_scikit_learn_the_install_command_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(MissingExtraError, match=r'pip install "sparring\[digits\]"'):
        Digits().load()
