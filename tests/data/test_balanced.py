"""Every class as often as any other."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sparring.data import Balanced, ImageFiles
from sparring.data.catalog.worlds import Ring
from sparring.errors import DataError
from sparring.network import Condition


def write(folder: Path, **counts: int) -> Path:
    for value, (name, count) in enumerate(counts.items()):
        for index in range(count):
            path = folder / name / f"{index}.png"
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(np.full((4, 4), 100 * value + index, np.uint8)).save(path)
    return folder


def test_smaller_classes_are_repeated_evenly(tmp_path: Path) -> None:
    data = Balanced(of=ImageFiles(path=write(tmp_path, cat=5, dog=2))).load()
    assert data.classes == ("cat", "dog")
    assert data.condition == Condition(2)
    samples, labels = data.batch(np.arange(len(data)), torch.Generator())
    assert torch.bincount(labels).tolist() == [5, 5]
    assert torch.equal(((samples[:, 0, 0, 0] + 1) * 127.5 > 50).long(), labels)
    _, counts = torch.unique(samples[:, 0, 0, 0], return_counts=True)
    assert counts.tolist() == [1, 1, 1, 1, 1, 3, 2]
    assert data.shape == (1, 4, 4)


def test_a_set_without_labels_is_refused() -> None:
    with pytest.raises(DataError, match="has no labels"):
        Balanced(of=Ring()).load()


def test_a_class_without_images_is_refused(tmp_path: Path) -> None:
    write(tmp_path, a=2)
    (tmp_path / "labels.csv").write_text("file,label\na/0.png,0\na/1.png,2\n")
    with pytest.raises(DataError, match="class '1' has no samples"):
        Balanced(of=ImageFiles(path=tmp_path)).load()
