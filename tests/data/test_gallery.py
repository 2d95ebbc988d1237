"""The facts and the contact sheet of a data set."""

import numpy as np
import pytest

from sparring.data import Digits, ImageFiles, PartlyLabelled, Ring, Transformed, exhibit
from sparring.data.catalog.fashion_mnist import DEBIAN, FashionMNIST


def test_counts_shape_classes_licence_files_and_digest_are_said():
    exhibition = exhibit(Digits(size=8))
    text = "\n".join(exhibition.lines)
    assert exhibition.lines[0] == "digits: 1,797 samples of gray 8x8, 8 bit"
    assert exhibition.lines[1].startswith("classes: 10: 0 178, 1 182")
    assert "licence: CC BY 4.0" in text
    assert "digits.csv.gz  SHA-256 " in text
    assert exhibition.lines[-1] == f"digest: {Digits(size=8).load().digest}"


def test_the_sheet_has_a_row_for_each_class_with_its_samples_at_their_places():
    sheet = np.asarray(exhibit(Digits(size=8)).sheet.convert("L"))
    scale = 1200 // (16 * 8)
    assert sheet.shape[0] == (10 * 9 - 1) * scale
    images = Digits(size=8).load()
    first = images.pixels[np.flatnonzero(images.labels == 3)[0], 0]
    top, left = 3 * 9 * scale, 140
    np.testing.assert_array_equal(sheet[top : top + 8 * scale : scale, left : left + 8 * scale : scale], first)


def test_a_class_with_few_images_leaves_its_row_white(draw, tmp_path):
    for name in ("a/0.png", "b/0.png", "b/1.png"):
        draw(name, 8, 8, 3)
    exhibition = exhibit(ImageFiles(path=tmp_path / "images"))
    assert exhibition.lines[1] == "classes: 2: a 1, b 2"
    assert np.asarray(exhibition.sheet)[:, -20:].min() == 255
    assert not [line for line in exhibition.lines if "licence" in line]


def test_images_without_labels_are_a_grid(folder):
    exhibition = exhibit(ImageFiles(path=folder))
    assert exhibition.lines[:2] == ("images: 6 samples of rgb 8x8, 8 bit", "classes: none")


def test_pairs_stand_side_by_side(folder):
    exhibition = exhibit(Transformed(images=ImageFiles(path=folder)))
    assert exhibition.lines[0].endswith("6 samples of rgb 8x8, each conditioned on one of gray 8x8, 8 bit")
    scale = 1200 // (6 * 16)
    assert exhibition.sheet.width == (6 * 16 + 5 * 4) * scale
    left, right = (np.asarray(exhibition.sheet)[:, start * scale : (start + 8) * scale] for start in (0, 8))
    assert (left[..., 0] == left[..., 1]).all()
    assert (right[..., 0] != right[..., 1]).any()


def test_points_are_shown_as_points():
    assert exhibit(Ring(count=100)).lines[0] == "ring: 100 samples of shape (2,), 8 bit"


@pytest.mark.skipif(not DEBIAN.exists(), reason="apt install dataset-fashion-mnist")
def test_fashion_mnist_states_its_licence_and_files():
    [exhibition] = FashionMNIST(split="test").provenance()
    assert exhibition.licence.startswith("MIT")
    assert [path.name.split("-")[1] for path, _ in exhibition.files] == ["images", "labels"]


def test_unlabelled_samples_are_counted_apart() -> None:
    exhibition = exhibit(PartlyLabelled(of=Digits(size=8), labelled=20))
    assert exhibition.lines[1].startswith("classes: 10: 0 ")
    assert exhibition.lines[1].endswith(" unlabelled")
