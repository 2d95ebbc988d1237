"""Fashion-MNIST is read from where Debian or the user has it, and checked."""

import gzip
import shutil

import numpy as np
import pytest

from sparring.data import FashionMNIST, Loading
from sparring.data.catalog.fashion_mnist import DEBIAN
from sparring.errors import DataError

here = pytest.mark.skipif(not DEBIAN.exists(), reason="Debian's dataset-fashion-mnist is not installed")


@here
@pytest.mark.parametrize(("split", "count"), [("train", 60_000), ("test", 10_000)])
def test_the_published_images_are_loaded(split, count):
    images = FashionMNIST(split=split).load()
    assert images.pixels.shape == (count, 1, 28, 28)
    assert (np.bincount(images.labels) == count // 10).all()
    assert images.classes[9] == "ankle boot"


@here
def test_a_folder_may_hold_them_uncompressed(tmp_path):
    for name in ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"):
        with gzip.open(DEBIAN / f"{name}.gz") as source, (tmp_path / name).open("wb") as copy:
            shutil.copyfileobj(source, copy)
    assert len(FashionMNIST(path=tmp_path, split="test").load()) == 10_000


@here
def test_altered_files_are_refused(tmp_path):
    shutil.copy(DEBIAN / "t10k-labels-idx1-ubyte.gz", tmp_path)
    content = bytearray(gzip.decompress((DEBIAN / "t10k-images-idx3-ubyte.gz").read_bytes()))
    content[5000] ^= 1
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(DataError, match="not the published file"):
        FashionMNIST(path=tmp_path, split="test").load()


def test_a_folder_without_them_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"data\.path: .* has no train-images-idx3-ubyte\.gz"):
        FashionMNIST(path=tmp_path).load()


def test_without_debian_they_are_fetched_into_the_cache(tmp_path, monkeypatch):
    requests = []

    def fetch(url, path, sha256):
        requests.append((url, path, sha256))
        raise DataError("no network")

    monkeypatch.setattr("sparring.data.catalog.fashion_mnist.DEBIAN", tmp_path / "absent")
    monkeypatch.setattr("sparring.data.catalog.fashion_mnist.fetch", fetch)
    with pytest.raises(DataError, match="no network"):
        FashionMNIST().load(Loading(cache=tmp_path))
    [(url, path, sha256)] = requests
    assert url.startswith("https://")
    assert url.endswith("/train-images-idx3-ubyte.gz")
    assert path == tmp_path / "fashion-mnist" / "train-images-idx3-ubyte.gz"
    assert len(sha256) == 64
