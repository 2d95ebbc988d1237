"""Opens a folder, an archive, an array, or a single image."""

from collections.abc import Callable
from pathlib import Path

from sparring.data import image_collection as collection
from sparring.data.formats import archives, arrays, decoding
from sparring.data.image_collection import Collection
from sparring.errors import DataError

_OPENERS: tuple[tuple[tuple[str, ...], Callable[[Path], Collection]], ...] = (
    (archives.ZIP_SUFFIXES, archives.zipped),
    (archives.TAR_SUFFIXES, archives.tarred),
    (archives.CROSSFIRE_SUFFIXES, archives.crossfire),
    (arrays.SUFFIXES, arrays.array),
    (decoding.SUFFIXES, collection.single),
)
_TAKEN = "a folder, a zip or tar archive, or a .npy or .npz array"


def open_collection(path: Path) -> Collection:
    """Returns the images at `path`.

    Raises:
        DataError: there is nothing at `path`, it cannot be read, or it holds no images.
    """
    path = collection.existing(path)
    images = collection.folder(path) if path.is_dir() else _opener(path)(path)
    if not images.items:
        others = f", only {images.ignored} other files" if images.ignored else ""
        kinds = ", ".join(decoding.FORMATS)
        raise DataError(f"{path}: there are no images in it{others}. Takes {_TAKEN}, with {kinds} images")
    return images


def _opener(path: Path) -> Callable[[Path], Collection]:
    for suffixes, opener in _OPENERS:
        if path.name.lower().endswith(suffixes):
            return opener
    known = ", ".join(suffix for suffixes, _ in _OPENERS for suffix in suffixes)
    raise DataError(f"{path}: not a kind of file that holds images. Takes {_TAKEN} (suffixes: {known})")
