"""5,235 sprites of the game Crossfire, from Debian's package crossfire-client-images."""

from dataclasses import replace
from pathlib import Path

from sparring.data.formats.archives import crossfire
from sparring.data.formats.decoding import Header
from sparring.data.formats.image_format import Channels
from sparring.data.image_collection import Collection, existing
from sparring.data.image_files import ImageFiles
from sparring.data.loader import read_headers
from sparring.data.named import named
from sparring.data.named_images import NamedImageSource
from sparring.data.provenance import Provenance, of_files
from sparring.data.size import ImageSize
from sparring.data.source import Loading
from sparring.errors import DataError

DEBIAN = Path("/usr/share/games/crossfire-client/crossfire.base")
"""Where Debian's `crossfire-client-images` puts them."""

SIDE = 32


class Sprites(NamedImageSource):
    """5,235 sprites, RGBA, 32x32 as published, in 33 classes: armour, door, floor, monster, …

    A sprite's class is the folder that it came from; the 532 sprites of other sizes are left out. `path` is the
    file `crossfire.base`; without one it is looked for where Debian puts it.
    """

    path: Path | None = None
    size: ImageSize = SIDE
    channels: Channels = "rgba"

    @property
    def title(self) -> str:
        """`sprites`."""
        return "sprites"

    @property
    def settings(self) -> ImageFiles:
        """Stretched to `size`, with a Lanczos filter."""
        return ImageFiles(size=self.size, channels=self.channels, resize="stretch")

    def collect(self, loading: Loading = Loading()) -> Collection:
        """Returns the sprites of 32x32; their classes are in their names. Raises `DataError` where they are not."""
        collection = crossfire(self._find())
        headers = read_headers(collection.items, loading.workers)
        kept = tuple(
            item
            for item, header in zip(collection.items, headers, strict=True)
            if not isinstance(header, Header) or (header.height, header.width) == (SIDE, SIDE)
        )
        return replace(collection, items=kept)

    def provenance(self, loading: Loading = Loading()) -> tuple[Provenance, ...]:
        """Returns what Debian says of the package."""
        origin = "the Crossfire development team, http://crossfire.real-time.com, Debian's crossfire-client-images"
        return (of_files("sprites", origin, "GPL", self._find()),)

    def _find(self) -> Path:
        if self.path is not None:
            return existing(self.path)
        if not DEBIAN.is_file():
            raise DataError(
                f"data: no sprites at {DEBIAN}; apt install crossfire-client-images, or name the file: "
                "data.path=crossfire.base"
            )
        return DEBIAN


named("sprites", Sprites())
