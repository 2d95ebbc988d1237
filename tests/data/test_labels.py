"""Labels come from folders, CSV or JSON, and files that do not match the images are refused."""

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from sparring.data.image_collection import Collection, FileItem
from sparring.data.labels import targets_of
from sparring.errors import DataError


def collection(*names: str, **sidecars: str) -> Collection:
    items = tuple(FileItem(name, "", BytesIO) for name in names)
    files = {name.replace("_", "."): text.encode() for name, text in sidecars.items()}
    return Collection(Path("set"), items, files)


def read(images: Collection, source="auto"):
    targets = targets_of(images, source)
    return (None, ()) if targets is None else (targets.values.tolist(), targets.names)


def test_subfolders_are_classes_where_every_image_lies_in_one():
    assert read(collection("cat/1.png", "cat/2.png", "dog/1.png")) == ([0, 0, 1], ("cat", "dog"))
    assert read(collection("cat/1.png", "dog/1.png", "loose.png")) == (None, ())
    assert read(collection("only/1.png", "only/2.png")) == (None, ())


def test_a_folder_that_holds_all_the_others_is_no_class():
    images = collection("faces/train/a/1.png", "faces/train/b/x/1.png")
    assert read(images) == ([0, 1], ("a", "b"))


def test_folders_on_request_refuse_loose_images():
    with pytest.raises(DataError, match=r"1 images of set lie in no class's folder: loose\.png"):
        read(collection("cat/1.png", "loose.png"), "folders")


def test_no_labels_on_request():
    assert read(collection("cat/1.png", "dog/1.png"), "none") == (None, ())


def test_csv_names_and_numbers():
    images = collection("a.png", "b.png", labels_csv="file,label\nb.png,dog\n./a.png,cat\n")
    assert read(images) == ([0, 1], ("cat", "dog"))
    images = collection("a.png", "b.png", labels_csv="file,label\r\na.png,2\r\nb.png,0\r\n")
    assert read(images) == ([2, 0], ("0", "1", "2"))


def test_json_and_nvidia_json():
    assert read(collection("a", "b", labels_json=json.dumps({"a": "x", "b": "w"}))) == ([1, 0], ("w", "x"))
    nvidia = json.dumps({"labels": [["b", 1], ["a", 0]]})
    assert read(collection("a", "b", dataset_json=nvidia)) == ([0, 1], ("0", "1"))
    named = json.dumps({"labels": [["b", 1], ["a", 0]], "classes": ["cat", "dog", "eel"]})
    assert read(collection("a", "b", dataset_json=named)) == ([0, 1], ("cat", "dog", "eel"))


def test_nvidia_null_means_no_labels_even_in_folders():
    assert read(collection("a/1.png", "b/1.png", dataset_json='{"labels": null}')) == (None, ())


def test_a_label_file_elsewhere_may_be_named(tmp_path):
    file = tmp_path / "my labels.csv"
    file.write_text("\ufefffile,label\na.png,1\n", encoding="utf-8")
    assert read(collection("a.png"), file) == ([1], ("0", "1"))
    with pytest.raises(DataError, match=r"cannot be read .*auto, folders, none"):
        read(collection("a.png"), tmp_path / "absent.csv")


@pytest.mark.parametrize(
    ("sidecar", "text", "message"),
    [
        ("labels_csv", "file,label\na.png,1\n", r"labels\.csv: misses 2 of 3 images: b\.png, c\.png\. Mend"),
        (
            "labels_csv",
            "file,label\na.png,1\nb.png,1\nc.png,1\nz.png,1\n",
            r"names 1 images that are not there: z\.png",
        ),
        ("labels_csv", "name,class\na.png,1\n", r"first line is 'name,class'; needs the columns file,label"),
        (
            "labels_csv",
            "file,label\na.png\n",
            r"1 lines have not one value for each of file,label, for example 'a\.png'",
        ),
        ("labels_csv", "file,label\na.png,1\na.png,2\n", "two labels, 1 and 2"),
        ("labels_json", '{"a.png": 1', "cannot be read as labels"),
        ("labels_json", "[1, 2]", "needs {file: label"),
        ("labels_json", '{"a.png": 0.5}', "a whole number, a name, or a list of numbers"),
        ("dataset_json", '{"labels": [["a.png"]]}', "cannot be read as labels"),
        ("labels_json", '{"a.png": -1, "b.png": 0, "c.png": 0}', "labels go from -1 to 0"),
    ],
)
def test_label_files_that_do_not_match_are_refused_with_the_remedy(sidecar, text, message):
    with pytest.raises(DataError, match=message) as caught:
        read(collection("a.png", "b.png", "c.png", **{sidecar: text}))
    assert "data.labels=none" in str(caught.value)


def numbers_of(images: Collection, source="auto"):
    targets = targets_of(images, source)
    assert targets.values.dtype == np.float32
    return targets.values.tolist(), targets.names


def test_columns_of_a_csv_are_numbers_called_by_the_first_line():
    text = "smiling,file, young\n1,b.png,0.25\n\n0,./a.png, 1\n"
    assert numbers_of(collection("a.png", "b.png", labels_csv=text)) == ([[0, 1], [1, 0.25]], ("smiling", "young"))
    assert numbers_of(collection("a.png", labels_csv="file,age\na.png,0.5\n")) == ([[0.5]], ("age",))


def test_lists_in_json_are_numbers_with_names_beside_them_or_without():
    assert numbers_of(collection("a", "b", labels_json='{"b": [1, 0.5], "a": [0, 0]}')) == (
        [[0, 0], [1, 0.5]],
        ("0", "1"),
    )
    named = '{"labels": {"a": [true, false]}, "attributes": ["smiling", "young"]}'
    assert numbers_of(collection("a", labels_json=named)) == ([[1, 0]], ("smiling", "young"))
    nvidia = '{"labels": [["b", [0.25]], ["a", [1]]]}'
    assert numbers_of(collection("a", "b", dataset_json=nvidia)) == ([[1], [0.25]], ("0",))


@pytest.mark.parametrize(
    ("sidecar", "text", "message"),
    [
        (
            "labels_csv",
            "file,x,y\na,0,1\nb,0,-1\n",
            r"'y' of b is -1, and 1 of 4 numbers .*such as -1 and 1 .*to 0 and 1",
        ),
        (
            "labels_csv",
            "file,x,y\na,0,1\nb,1.5,2\n",
            r"'x' of b is 1.5, and 2 of 4 numbers are not from 0 to 1\. Scale",
        ),
        ("labels_csv", "file,x\na,0\nb,nan\n", "'x' of b is nan"),
        ("labels_csv", "file,x\na,0\nb,cat\n", r"'x' of b is 'cat'; needs a number .*column called label"),
        ("labels_csv", "file,x,y\na,0,1\nb,0\n", r"1 lines have not one value for each of file,x,y, for example 'b,0'"),
        ("labels_csv", "file,x,y\na,0,1\nb,0,\n", "1 lines have not one value"),
        ("labels_csv", "file,x\na,0\nb,0,1\n", "1 lines have not one value"),
        ("labels_csv", "file,x,x\na,0,1\nb,0,1\n", "'x', 'x'; each needs a name of its own"),
        ("labels_csv", "file,x,\na,0,1\nb,0,1\n", "'x', ''; each needs a name of its own"),
        ("labels_csv", "file\na\nb\n", "first line is 'file'; needs"),
        ("labels_csv", "image,x\na,0\n", "first line is 'image,x'; needs"),
        ("labels_csv", "", "first line is ''; needs"),
        ("labels_csv", "file,label,x\na,0,1\nb,1,1\n", "first line is 'file,label,x'; needs"),
        ("labels_csv", "file,label\na,0\nb,0.5\n", r"labels such as 0\.5 are numbers, not classes; .*another name"),
        ("labels_csv", "file,label\na,1\nb,-1\n", "labels such as -1 are numbers, not classes"),
        ("labels_csv", "file,x\na,0\n", "misses 1 of 2 images: b"),
        ("labels_csv", "file,x\na,0\na,1\nb,0\n", "a has two labels"),
        ("labels_json", '{"a": [0, 1], "b": [0]}', "b has 1 numbers; needs one of each of 0, 1"),
        ("labels_json", '{"a": [0, 1], "b": 0}', "1 of 2 labels are lists of numbers; needs all, or none"),
        ("labels_json", '{"a": [], "b": []}', "the numbers are called nothing"),
        ("labels_json", '{"a": [0], "b": ["x"]}', "'0' of b is 'x'; needs a number from 0 to 1"),
        ("labels_json", '{"a": [0], "b": [null]}', "'0' of b is None; needs a number from 0 to 1"),
        ("labels_json", '{"a": [0], "b": [NaN]}', "'0' of b is nan"),
        ("dataset_json", '{"labels": [["a", [0, 0]], ["b", [0, 0]]], "attributes": ["x"]}', "needs one of each of x"),
    ],
)
def test_numbers_that_cannot_be_are_refused_with_file_and_name(sidecar, text, message):
    with pytest.raises(DataError, match=message) as caught:
        targets_of(collection("a", "b", **{sidecar: text}), "auto")
    assert "data.labels=none" in str(caught.value)


def test_names_of_classes_may_look_like_versions():
    assert read(collection("a", "b", labels_csv="file,label\na,v1.5\nb,2.0\n")) == ([1, 0], ("2.0", "v1.5"))
