"""Which class each image belongs to: from subfolders, CSV, JSON, or NVIDIA's `dataset.json`."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np

from sparring.data.collection import SIDECARS, Collection, some
from sparring.data.images import Labels
from sparring.errors import DataError

Label = int | str
LabelSource = Literal["auto", "folders", "none"] | Path
Assigned = tuple[Labels | None, tuple[str, ...]]
"""Labels and classes; no labels, no classes."""

_NONE: Assigned = (None, ())
_MOST_CLASSES = 65536
_REMEDY = "Mend the file, or set data.labels=none to train without labels"


def read_labels(collection: Collection, source: LabelSource) -> Assigned:
    """Returns a label for each item of `collection`, and the classes.

    `auto` takes the labels that the collection itself holds, else the first of `dataset.json`,
    `labels.csv` and `labels.json` at its top, else subfolders where every image lies in one and there
    are at least two; else there are no labels.

    Raises:
        DataError: a label file that is damaged, misses images or names unknown ones.
    """
    if source == "none":
        return _NONE
    names = [item.name for item in collection.items]
    if isinstance(source, Path):
        return _from_file(source.name, _content(source), names)
    if source == "folders":
        return _from_folders(names, collection.path, required=True)
    if collection.labels is not None:
        return collection.labels, collection.classes
    for sidecar in SIDECARS:
        if sidecar in collection.sidecars:
            return _from_file(sidecar, collection.sidecars[sidecar], names)
    return _from_folders(names, collection.path, required=False)


def _content(path: Path) -> bytes:
    try:
        return path.expanduser().read_bytes()
    except OSError as error:
        raise DataError(
            f"data.labels: {path} cannot be read ({error.strerror}); needs auto, folders, none, or a CSV or JSON file"
        ) from None


def _from_folders(names: Sequence[str], path: Path, required: bool) -> Assigned:
    """Returns the first folder in which names differ, as their class."""
    parents = [PurePosixPath(name).parent.parts for name in names]
    depth = 0
    while all(len(parts) > depth + 1 for parts in parents) and len({parts[depth] for parts in parents}) == 1:
        depth += 1
    loose = [name for name, parts in zip(names, parents, strict=True) if len(parts) <= depth]
    folders = sorted({parts[depth] for parts in parents if len(parts) > depth}, key=_as_people_sort)
    if required and loose:
        raise DataError(f"data.labels=folders: {len(loose)} images of {path} lie in no class's folder: {some(loose)}")
    if loose or (len(folders) < 2 and not required):
        return _NONE
    return _index([parts[depth] for parts in parents])


def _from_file(file: str, content: bytes, names: Sequence[str]) -> Assigned:
    try:
        text = content.decode("utf-8-sig")
        labels, classes = _csv(text) if file.lower().endswith(".csv") else _json(text)
    except (ValueError, TypeError, KeyError, csv.Error) as error:
        raise DataError(f"{file}: cannot be read as labels: {error}. {_REMEDY}") from None
    if labels is None:
        return _NONE
    known = set(names)
    missed = [name for name in names if name not in labels]
    unknown = [name for name in labels if name not in known]
    if missed:
        raise DataError(f"{file}: misses {len(missed)} of {len(names)} images: {some(missed)}. {_REMEDY}")
    if unknown:
        raise DataError(f"{file}: names {len(unknown)} images that are not there: {some(unknown)}. {_REMEDY}")
    try:
        return _index([labels[name] for name in names], classes)
    except ValueError as error:
        raise DataError(f"{file}: {error}. {_REMEDY}") from None


def _csv(text: str) -> tuple[dict[str, Label], tuple[str, ...]]:
    rows = csv.DictReader(io.StringIO(text))
    if not {"file", "label"} <= set(rows.fieldnames or ()):
        raise ValueError(f"its first line is {','.join(rows.fieldnames or ())!r}; needs the columns file,label")
    pairs = [(row["file"], row["label"]) for row in rows]
    broken = [file for file, label in pairs if not file or not label]
    if broken:
        raise ValueError(f"{len(broken)} lines have no file or no label, for example {broken[0]!r}")
    return _unique((file, _number(label.strip())) for file, label in pairs), ()


def _json(text: str) -> tuple[dict[str, Label] | None, tuple[str, ...]]:
    """Reads `{file: label}`, or NVIDIA's `{"labels": [[file, label], …] or null}` with our `classes` beside."""
    tree = json.loads(text)
    if not isinstance(tree, Mapping):
        raise ValueError('needs {file: label, …} or {"labels": [[file, label], …]}')
    listed = tree.get("labels", tree)
    if listed is None:
        return None, ()
    pairs = listed.items() if isinstance(listed, Mapping) else ((file, label) for file, label in listed)
    labels = _unique(pairs)
    strange = [file for file, label in labels.items() if isinstance(label, bool) or not isinstance(label, int | str)]
    if strange:
        raise ValueError(f"the label of {strange[0]} is {labels[strange[0]]!r}; needs a whole number or a name")
    classes = tuple(str(name) for name in tree.get("classes", ())) if listed is not tree else ()
    return labels, classes


def _unique(pairs: Iterable[tuple[str, Label]]) -> dict[str, Label]:
    labels: dict[str, Label] = {}
    for file, label in pairs:
        name = file.replace("\\", "/").removeprefix("./")
        if labels.setdefault(name, label) != label:
            raise ValueError(f"{name} has two labels, {labels[name]!r} and {label!r}")
    return labels


def _number(text: str) -> Label:
    return int(text) if text.isdecimal() else text


def _index(labels: Sequence[Label], classes: tuple[str, ...] = ()) -> Assigned:
    """Returns labels as indices: whole numbers are indices already, names are sorted."""
    numbers = [label for label in labels if isinstance(label, int)]
    if len(numbers) == len(labels):
        if min(numbers) < 0 or max(numbers) >= (len(classes) or _MOST_CLASSES):
            raise ValueError(
                f"labels go from {min(numbers)} to {max(numbers)}; needs 0 to {(len(classes) or _MOST_CLASSES) - 1}"
            )
        return np.array(numbers, np.int64), classes or tuple(str(index) for index in range(max(numbers) + 1))
    words = [str(label) for label in labels]
    order = {word: index for index, word in enumerate(sorted(set(words), key=_as_people_sort))}
    return np.array([order[word] for word in words], np.int64), tuple(order)


def _as_people_sort(name: str) -> tuple[bool, int, str]:
    """Sorts whole numbers by value, before all other names: 2 before 10."""
    return (not name.isdecimal(), int(name) if name.isdecimal() else 0, name)
