"""The targets of images, classes or numbers: from subfolders, CSV, JSON, or NVIDIA's `dataset.json`."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np

from sparring.data.image_collection import SIDECARS, Collection, some
from sparring.data.targets import Targets, numbers_of
from sparring.errors import DataError

Label = int | str | tuple[float, ...]
"""Of one image: the index or the name of its class, or numbers."""

FileLabels = tuple[dict[str, Label] | None, tuple[str, ...]]
"""The label of each file, and the names of classes or numbers where they are known; None of a file without labels."""

LabelSource = Literal["auto", "folders", "none"] | Path

_MOST_CLASSES = 65536
_NUMBER = re.compile(r"[-+]?\d*\.?\d+([eE][-+]?\d+)?")
_REMEDY = "Mend the file, or set data.labels=none to train without labels"


def targets_of(collection: Collection, source: LabelSource) -> Targets | None:
    """Returns the targets of the items of `collection`, or None without any.

    `auto` takes the targets that the collection itself holds, else the first of `dataset.json`,
    `labels.csv` and `labels.json` at its top, else the subfolders where every image lies in one and there
    are at least two.

    Raises:
        DataError: a label file that is damaged, misses images or names unknown ones, or has numbers outside of [0, 1].
    """
    if source == "none":
        return None
    names = [item.name for item in collection.items]
    if isinstance(source, Path):
        return _from_file(source.name, _content(source), names)
    if source == "folders":
        return _from_folders(names, collection.path, required=True)
    if collection.targets is not None:
        return collection.targets
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


def _from_folders(names: Sequence[str], path: Path, required: bool) -> Targets | None:
    """Returns the first folder in which names differ, as their class."""
    parents = [PurePosixPath(name).parent.parts for name in names]
    depth = 0
    while all(len(parts) > depth + 1 for parts in parents) and len({parts[depth] for parts in parents}) == 1:
        depth += 1
    loose = [name for name, parts in zip(names, parents, strict=True) if len(parts) <= depth]
    folders = sorted({parts[depth] for parts in parents if len(parts) > depth}, key=_natural_order)
    if required and loose:
        raise DataError(f"data.labels=folders: {len(loose)} images of {path} lie in no class's folder: {some(loose)}")
    if loose or (len(folders) < 2 and not required):
        return None
    return _index([parts[depth] for parts in parents])


def _from_file(file: str, content: bytes, names: Sequence[str]) -> Targets | None:
    try:
        text = content.decode("utf-8-sig")
        labels, columns = _csv(text) if file.lower().endswith(".csv") else _json(text)
    except (ValueError, TypeError, KeyError, csv.Error) as error:
        raise DataError(f"{file}: cannot be read as labels: {error}. {_REMEDY}") from None
    if labels is None:
        return None
    known = set(names)
    missed = [name for name in names if name not in labels]
    unknown = [name for name in labels if name not in known]
    if missed:
        raise DataError(f"{file}: misses {len(missed)} of {len(names)} images: {some(missed)}. {_REMEDY}")
    if unknown:
        raise DataError(f"{file}: names {len(unknown)} images that are not there: {some(unknown)}. {_REMEDY}")
    chosen = [labels[name] for name in names]
    try:
        vectors = [label for label in chosen if isinstance(label, tuple)]
        return numbers_of(vectors, columns, names) if vectors else _index(chosen, columns)
    except ValueError as error:
        raise DataError(f"{file}: {error}. {_REMEDY}") from None


def _csv(text: str) -> FileLabels:
    """Reads lines `file,label`, or `file` and columns of numbers, which the first line names."""
    columns, *lines = [line for line in csv.reader(io.StringIO(text)) if line] or [[]]
    columns = [column.strip() for column in columns]
    names = [column for column in columns if column != "file"]
    if len(names) != len(columns) - 1 or not names or ("label" in names and len(names) > 1):
        raise ValueError(
            f"its first line is {','.join(columns)!r}; needs the columns file,label for classes, or file and columns "
            "of numbers under their names"
        )
    ragged = [line for line in lines if len(line) != len(columns) or not all(cell.strip() for cell in line)]
    if ragged:
        raise ValueError(
            f"{len(ragged)} lines have not one value for each of {','.join(columns)}, for example "
            f"{','.join(ragged[0])!r}"
        )
    place = columns.index("file")
    cells = [(line[place], [cell.strip() for cell in (*line[:place], *line[place + 1 :])]) for line in lines]
    if names == ["label"]:
        _check_classes([cell for _, (cell,) in cells])
        return _unique((file, _class(cell)) for file, (cell,) in cells), ()
    return _unique((file, _vector(file, row, names)) for file, row in cells), tuple(names)


def _json(text: str) -> FileLabels:
    """Reads `{file: label}`, or NVIDIA's `{"labels": [[file, label], …] or null}`, to which we add names.

    A label is a class or a list of numbers; `classes`, or `attributes`, are the names.
    """
    tree = json.loads(text)
    if not isinstance(tree, Mapping):
        raise ValueError('needs {file: label, …} or {"labels": [[file, label], …]}')
    listed = tree.get("labels", tree)
    if listed is None:
        return None, ()
    pairs = list(listed.items()) if isinstance(listed, Mapping) else [(file, label) for file, label in listed]
    vectors = [(file, label) for file, label in pairs if isinstance(label, list)]
    if len(vectors) not in (0, len(pairs)):
        raise ValueError(f"{len(vectors)} of {len(pairs)} labels are lists of numbers; needs all, or none")
    named = {} if listed is tree else tree
    if vectors:
        names = [str(name) for name in named.get("attributes", ())] or [str(one) for one in range(len(vectors[0][1]))]
        return _unique((file, _vector(file, row, names)) for file, row in vectors), tuple(names)
    labels = _unique(pairs)
    strange = [file for file, label in labels.items() if isinstance(label, bool) or not isinstance(label, int | str)]
    if strange:
        raise ValueError(
            f"the label of {strange[0]} is {labels[strange[0]]!r}; needs a whole number, a name, or a list of numbers"
        )
    return labels, tuple(str(name) for name in named.get("classes", ()))


def _unique(pairs: Iterable[tuple[str, Label]]) -> dict[str, Label]:
    labels: dict[str, Label] = {}
    for file, label in pairs:
        name = file.replace("\\", "/").removeprefix("./")
        if labels.setdefault(name, label) != label:
            raise ValueError(f"{name} has two labels, {labels[name]!r} and {label!r}")
    return labels


def _check_classes(labels: Sequence[str]) -> None:
    """Raises `ValueError` where all are numbers and some are fractions, which would become classes unnoticed."""
    strange = [label for label in labels if not label.isdecimal()]
    if strange and all(_NUMBER.fullmatch(label) for label in labels):
        raise ValueError(
            f"labels such as {strange[0]} are numbers, not classes; give their column another name than label"
        )


def _class(text: str) -> Label:
    return int(text) if text.isdecimal() else text


def _vector(file: str, values: Sequence[object], names: Sequence[str]) -> Label:
    if len(values) != len(names):
        raise ValueError(f"{file} has {len(values)} numbers; needs one of each of {', '.join(names)}")
    return tuple(_fraction(file, name, value) for name, value in zip(names, values, strict=True))


def _fraction(file: str, name: str, value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]  # `float` raises for what it cannot take
    except (ValueError, TypeError):
        raise ValueError(
            f"{name!r} of {file} is {value!r}; needs a number from 0 to 1 (one class stands in a column called label)"
        ) from None


def _index(labels: Sequence[Label], classes: tuple[str, ...] = ()) -> Targets:
    """Returns labels as indices: whole numbers are indices already, names are sorted."""
    numbers = [label for label in labels if isinstance(label, int)]
    if len(numbers) == len(labels):
        if min(numbers) < 0 or max(numbers) >= (len(classes) or _MOST_CLASSES):
            raise ValueError(
                f"labels go from {min(numbers)} to {max(numbers)}; needs 0 to {(len(classes) or _MOST_CLASSES) - 1}"
            )
        return Targets(np.array(numbers, np.int64), classes or tuple(map(str, range(max(numbers) + 1))))
    words = [str(label) for label in labels]
    order = {word: index for index, word in enumerate(sorted(set(words), key=_natural_order))}
    return Targets(np.array([order[word] for word in words], np.int64), tuple(order))


def _natural_order(name: str) -> tuple[bool, int, str]:
    """Sorts whole numbers by value, before all other names: 2 before 10."""
    return (not name.isdecimal(), int(name) if name.isdecimal() else 0, name)
