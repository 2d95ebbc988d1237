"""Numbers as targets: batches return them, conditions hold them, and sets that need classes refuse them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from sparring.data import (
    Balanced,
    HoldOut,
    ImageFiles,
    Images,
    Loading,
    PartlyLabelled,
    Source,
    Targets,
    check,
    exhibit,
)
from sparring.errors import DataError
from sparring.network import Condition

NUMBERS = np.float32([[0, 0.5], [1, 0.25], [0, 1], [1, 1], [1, 0], [1, 0.125]])


@pytest.fixture
def files(folder: Path) -> ImageFiles:
    """Six images with two numbers each."""
    lines = [f"{index}.png,{row[0]:g},{row[1]}" for index, row in enumerate(NUMBERS)]
    (folder / "labels.csv").write_text("\n".join(["file,smiling,age", *lines]))
    return ImageFiles(path=folder)


def test_a_batch_returns_the_numbers_of_its_images(files: ImageFiles) -> None:
    images = files.load()
    _, numbers = images.batch(np.array([3, 0, 1]), torch.Generator())
    assert numbers is not None
    assert numbers.dtype == torch.float32
    np.testing.assert_array_equal(numbers, NUMBERS[[3, 0, 1]])
    assert (images.labels, images.classes, images.attributes) == (None, (), ("smiling", "age"))


def test_the_condition_has_the_numbers_of_the_data(files: ImageFiles) -> None:
    condition = files.load().condition
    assert condition == Condition(numbers=2)
    sampled = condition.draw(500, torch.Generator().manual_seed(0))
    assert sampled is not None
    assert {tuple(row) for row in sampled.tolist()} == {tuple(row) for row in NUMBERS.tolist()}


def test_no_labels_on_request_means_no_numbers(files: ImageFiles) -> None:
    images = files.override(["labels=none"]).load()
    assert images.numbers is None
    assert images.condition == Condition()


def test_numbers_change_the_digest(files: ImageFiles) -> None:
    assert files.load().digest != files.override(["labels=none"]).load().digest


def test_a_memory_mapped_copy_keeps_the_numbers_and_is_replaced_where_they_change(
    files: ImageFiles, tmp_path: Path
) -> None:
    images = files.load(Loading(cache=tmp_path / "cache", memory_limit=1))
    np.testing.assert_array_equal(images.numbers, NUMBERS)  # type: ignore[arg-type]
    assert images.attributes == ("smiling", "age")
    sidecar = tmp_path / "images" / "labels.csv"
    sidecar.write_text(sidecar.read_text().replace("5.png,1", "5.png,0"))
    again = files.load(Loading(cache=tmp_path / "cache", memory_limit=1))
    assert again.numbers is not None
    assert again.numbers[5, 0] == 0
    assert again.digest != images.digest


def test_images_that_are_left_out_take_their_numbers_with_them(files: ImageFiles, tmp_path: Path) -> None:
    (tmp_path / "images" / "2.png").write_bytes(b"")
    np.testing.assert_array_equal(files.load(Loading(skip_bad=True)).numbers, np.delete(NUMBERS, 2, 0))  # type: ignore[arg-type]


def test_a_part_of_a_set_keeps_its_numbers(files: ImageFiles) -> None:
    data = HoldOut(of=files, share=0.5).load()
    assert data.condition == Condition(numbers=2)
    assert data.attributes == ("smiling", "age")
    numbers = data.batch(np.arange(3), torch.Generator())[1]
    assert data.numbers is not None
    np.testing.assert_array_equal(numbers, data.numbers)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "message"), [(Balanced, "has numbers, smiling, age"), (PartlyLabelled, "no labels of")]
)
def test_what_needs_classes_refuses_numbers(kind: type[Source], message: str, files: ImageFiles) -> None:
    with pytest.raises(DataError, match=message):
        kind(of=files).load()  # type: ignore[call-arg]


def test_a_check_says_what_the_numbers_are(files: ImageFiles, tmp_path: Path) -> None:
    report = check(tmp_path / "images")
    assert report.ok
    assert "labels: 2 numbers, means: smiling 0.667 (0 to 1), age 0.479 (0 to 1)" in report.lines()
    (tmp_path / "images" / "labels.csv").write_text(
        "file,age\n" + "".join(f"{index}.png,{index}\n" for index in range(6))
    )
    assert "'age' of 2.png is 2" in check(tmp_path / "images").problems[0]


def test_an_exhibit_names_the_numbers(files: ImageFiles) -> None:
    assert any("2 numbers, means: smiling 0.667" in line for line in exhibit(files).lines)


def test_numbers_are_described_by_mean_and_range() -> None:
    targets = Targets(np.float32([[0, 0.25], [1, 0.75]]), ("x", "y"))
    assert targets.describe() == ["x 0.5 (0 to 1)", "y 0.5 (0.25 to 0.75)"]


@pytest.mark.parametrize(
    ("numbers", "attributes", "message"),
    [
        (np.float64([[0], [1]]), ("x",), r"type float64 and shape \(2, 1\) for 1 attributes; needs float32 \[2, 1\]"),
        (np.float32([[0], [1]]), ("x", "y"), r"needs float32 \[2, 2\]"),
        (np.float32([[0], [2]]), ("x",), "'x' of sample 1 is 2"),
        (np.float32([[0, 0], [0, 0]]), ("x", "x"), "each needs a name of its own"),
        (np.zeros((2, 0), np.float32), (), "each needs a name of its own"),
    ],
)
def test_numbers_of_another_type_shape_or_range_are_refused(
    numbers: NDArray[Any], attributes: tuple[str, ...], message: str
) -> None:
    pixels = np.zeros((2, 1, 4, 4), np.uint8)
    with pytest.raises(DataError, match=message):
        Images(pixels, Targets(numbers, attributes))
