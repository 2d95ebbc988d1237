"""Images from files: a folder, an archive, an array, or a packed data set."""

from pathlib import Path
from typing import Self

from pydantic import model_validator

from sparring.data.formats.image_format import Channels, Settings
from sparring.data.formats.packed import Pack, is_pack, read_pack, unpacked
from sparring.data.formats.resizing import Filter, Resize
from sparring.data.image_collection import Collection, existing
from sparring.data.images import Images
from sparring.data.labels import LabelSource, targets_of
from sparring.data.loader import ImageLoader, build_loader
from sparring.data.named_images import NamedImageSource, load_collection
from sparring.data.open import open_collection
from sparring.data.size import ImageSize, height_width
from sparring.data.source import Loading
from sparring.errors import DataError


class ImageFiles(NamedImageSource):
    """Your own images.

    `path` is a folder (searched recursively, without hidden files), a zip or tar archive, a `.npy` or
    `.npz` array [N, H, W] or [N, H, W, C], or a folder or zip of `spar data pack`. Gray, gray with alpha, RGB,
    RGBA and other counts, and 8, 16 bit and fractions, stay what they are unless a field says
    otherwise.

    - `size`: `32`, or `32x48` (height x width); without one, all images must have the same size.
    - `resize`: how images of another size are treated. `crop` scales to cover and cuts out the centre,
      `fit` scales to lie inside and pads with black (transparent where there is alpha), `stretch`
      ignores proportions, `refuse` is an error, `only` leaves them out.
    - `filter`: how pixels are interpolated, always antialiased.
    - `channels`: `gray`, `rgb` or `rgba`; without one, all images must have the same.
    - `labels`: `auto` (a label file at the top, else subfolders, else none), `folders`, `none`, or the
      path of a CSV or JSON file.
    - `value_range`: the stored values that become -1 and 1, for fractions and for whole numbers that do
      not fill their type, such as 12 bits in 16.
    """

    path: Path | None = None
    size: ImageSize | None = None
    resize: Resize = "crop"
    filter: Filter = "lanczos"
    channels: Channels | None = None
    labels: LabelSource = "auto"
    value_range: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.resize == "only" and self.size is None:
            raise ValueError("resize=only keeps images of one size: set size too, for example size=32")
        if self.value_range is not None and self.value_range[0] >= self.value_range[1]:
            raise ValueError(f"value_range={list(self.value_range)}; needs the lower value first, for example [0,1]")
        return self

    def load(self, loading: Loading = Loading()) -> Images:
        """Returns the set: in memory, or where it is too large memory-mapped from a packed copy in the cache.

        The copy is reused as long as names, sizes and times of the files and these settings stay.

        Raises:
            DataError: nothing at `path`, unreadable images that are not skipped, images that differ where
                no field decides, labels that do not match, no room for the copy.
            MissingExtraError: 16-bit colour or many-band TIFF without tifffile.
        """
        path = self._existing()
        if is_pack(path):
            pack = read_pack(path, loading.memory_limit)
            if self._fits(pack):
                return pack.images.renamed(path.name, self.mirror)
            collection = unpacked(pack, path)
        else:
            collection = open_collection(path)
        return load_collection(collection, self, loading, self.labels).renamed(path.name, self.mirror)

    @property
    def title(self) -> str:
        """The name of the folder or file."""
        return self._existing().name

    @property
    def settings(self) -> Settings:
        """This source itself."""
        return self

    def collect(self, loading: Loading = Loading()) -> Collection:
        """Returns the images at `path`; nothing is downloaded."""
        path = self._existing()
        return unpacked(read_pack(path, loading.memory_limit), path) if is_pack(path) else open_collection(path)

    def loader(self, loading: Loading) -> ImageLoader:
        """Returns the images ready to be decoded; raises as `load` does."""
        collection = self.collect(loading)
        return build_loader(collection, targets_of(collection, self.labels), self, loading)

    def _existing(self) -> Path:
        if self.path is None:
            raise DataError("data.path: no images were named; add --data PATH, or data.path=PATH")
        return existing(self.path)

    def _fits(self, pack: Pack) -> bool:
        """Returns whether a pack has the format and the labels of these settings."""
        channels, *sides = pack.images.shape
        counts = {None: channels, "gray": 1, "rgb": 3, "rgba": 4}
        same_size = self.size is None or height_width(self.size) == tuple(sides)
        return same_size and counts[self.channels] == channels and self.labels == "auto" and self.value_range is None
