"""Fashion-MNIST: 28x28 gray pictures of clothes in ten classes."""

from pathlib import Path
from typing import Literal

import numpy as np

from sparring.data.catalog.idx import read_idx
from sparring.data.images import Images
from sparring.data.named import named
from sparring.data.provenance import Provenance, of_files
from sparring.data.source import Loading, Source
from sparring.data.targets import Targets
from sparring.download import fetch
from sparring.errors import DataError

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's `dataset-fashion-mnist` puts the four files."""

ADDRESS = "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/"
"""The authors' repository."""

CLASSES = ("T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")

# SHA-256 of the compressed file as published (the same files whose MD5s the authors list), and of
# what is inside: distributions compress anew.
_DIGESTS = {
    "train-images-idx3-ubyte": (
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    ),
    "train-labels-idx1-ubyte": (
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    ),
    "t10k-images-idx3-ubyte": (
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    ),
    "t10k-labels-idx1-ubyte": (
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
}


class FashionMNIST(Source):
    """70,000 gray pictures of clothes, 28x28, ten classes (Xiao, Rasul & Vollgraf 2017).

    `path` is a folder with the published files, compressed or not. Without one they are taken from Debian's package
    `dataset-fashion-mnist`, else from the cache, else downloaded into the cache. `split` is the 60,000 training or
    the 10,000 test pictures.
    """

    path: Path | None = None
    split: Literal["train", "test"] = "train"

    def load(self, loading: Loading = Loading()) -> Images:
        """Returns the split; every file is checked against the published digest.

        Raises:
            DataError: the files are not in `path`, are not the published ones, or cannot be downloaded.
        """
        pixels, labels = (read_idx(*file) for file in self._find_split(loading))
        return Images(
            pixels[:, None],
            Targets(labels.astype(np.int64), CLASSES),
            mirror=self.mirror,
            name=f"fashion-mnist {self.split}",
        )

    def provenance(self, loading: Loading = Loading()) -> tuple[Provenance, ...]:
        """Returns what the authors say, and the split's two files."""
        files = [file for file, _ in self._find_split(loading)]
        origin = "Xiao, Rasul & Vollgraf 2017, https://github.com/zalandoresearch/fashion-mnist"
        return (of_files("fashion-mnist", origin, "MIT (Zalando SE)", *files),)

    def _find_split(self, loading: Loading) -> list[tuple[Path, str]]:
        """Returns where the images and the labels of the split are, and the SHA-256 of each one's content."""
        prefix = "train" if self.split == "train" else "t10k"
        folder = loading.folder / "fashion-mnist"
        return [self._find(f"{prefix}-{name}-ubyte", folder) for name in ("images-idx3", "labels-idx1")]

    def _find(self, name: str, cache: Path) -> tuple[Path, str]:
        """Returns where the file `name` is, downloaded if need be, and the SHA-256 of its content."""
        compressed, sha256 = _DIGESTS[name]
        for folder in (self.path,) if self.path else (DEBIAN, cache):
            for candidate in (folder / f"{name}.gz", folder / name):
                if candidate.is_file():
                    return candidate, sha256
        if self.path:
            raise DataError(
                f"data.path: {self.path} has no {name}.gz; name the folder with Fashion-MNIST's four files, "
                "or leave data.path out to use Debian's package or a download"
            )
        return fetch(f"{ADDRESS}{name}.gz", cache / f"{name}.gz", compressed), sha256


named("fashion-mnist", FashionMNIST())
