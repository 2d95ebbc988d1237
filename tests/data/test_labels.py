"""Labels come from folders, CSV or JSON, and files that do not match the images are refused."""

import json
from io import BytesIO
from pathlib import Path

import pytest

from sparring.data.collection import Collection, FileItem
from sparring.data.labels import read_labels
from sparring.errors import DataError


def collection(*names: str, **sidecars: str) -> Collection:
    items = tuple(FileItem(name, "", BytesIO) for name in names)
    files = {name.replace("_", "."): text.encode() for name, text in sidecars.items()}
    return Collection(Path("set"), items, files)


def read(found: Collection, source="auto"):
    labels, classes = read_labels(found, source)
    return None if labels is None else labels.tolist(), classes


def test_subfolders_are_classes_where_every_image_lies_in_one():
    assert read(collection("cat/1.png", "cat/2.png", "dog/1.png")) == ([0, 0, 1], ("cat", "dog"))
    assert read(collection("cat/1.png", "dog/1.png", "loose.png")) == (None, ())
    assert read(collection("only/1.png", "only/2.png")) == (None, ())


def test_a_folder_that_holds_all_the_others_is_no_class():
    found = collection("faces/train/a/1.png", "faces/train/b/x/1.png")
    assert read(found) == ([0, 1], ("a", "b"))


def test_folders_on_request_refuse_loose_images():
    with pytest.raises(DataError, match=r"1 images of set lie in no class's folder: loose\.png"):
        read(collection("cat/1.png", "loose.png"), "folders")


def test_no_labels_on_request():
    assert read(collection("cat/1.png", "dog/1.png"), "none") == (None, ())


def test_csv_names_and_numbers():
    found = collection("a.png", "b.png", labels_csv="file,label\nb.png,dog\n./a.png,cat\n")
    assert read(found) == ([0, 1], ("cat", "dog"))
    found = collection("a.png", "b.png", labels_csv="file,label\r\na.png,2\r\nb.png,0\r\n")
    assert read(found) == ([2, 0], ("0", "1", "2"))


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
        ("labels_csv", "file,label\na.png\n", r"1 lines have no file or no label, for example 'a\.png'"),
        ("labels_csv", "file,label\na.png,1\na.png,2\n", "two labels, 1 and 2"),
        ("labels_json", '{"a.png": 1', "cannot be read as labels"),
        ("labels_json", "[1, 2]", "needs {file: label"),
        ("labels_json", '{"a.png": 0.5}', "a whole number or a name"),
        ("dataset_json", '{"labels": [["a.png", [0.1, 0.2]]]}', "a whole number or a name"),
        ("dataset_json", '{"labels": [["a.png"]]}', "cannot be read as labels"),
        ("labels_json", '{"a.png": -1, "b.png": 0, "c.png": 0}', "labels go from -1 to 0"),
    ],
)
def test_label_files_that_do_not_match_are_refused_with_the_remedy(sidecar, text, message):
    with pytest.raises(DataError, match=message) as caught:
        read(collection("a.png", "b.png", "c.png", **{sidecar: text}))
    assert "data.labels=none" in str(caught.value)
