"""About 1,900 emoji, each in two styles, from the npm packages emoji-datasource-google and -twitter."""

import json
from pathlib import Path
from typing import Literal

from sparring.data.catalog.drawings import collect_drawings
from sparring.data.catalog.npm import NpmPackage
from sparring.data.formats.decoding import decode
from sparring.data.formats.image_format import Channels
from sparring.data.formats.pixels import Pixels
from sparring.data.image_collection import Collection
from sparring.data.image_files import ImageFiles
from sparring.data.named import named
from sparring.data.named_images import NamedImageSource
from sparring.data.pairs import Pairs
from sparring.data.provenance import Provenance
from sparring.data.size import ImageSize
from sparring.data.source import Loading
from sparring.data.split import Split
from sparring.data.unpaired import Unpaired
from sparring.errors import DataError

Style = Literal["google", "twitter"]

SIDE, BORDER = 64, 1
"""Pixels of an emoji on its sheet, and of the transparent border around each."""

_VERSION = "16.0.0"
_LISTING = "emoji.json"

PACKAGES: dict[Style, NpmPackage] = {
    "google": NpmPackage(
        "emoji-datasource-google",
        _VERSION,
        (_LISTING, "img/google/sheets-clean/64.png"),
        tarball="fb5fd131b362aab7a55542d2a147a79708cce0a8b1c1bbacd470172708b5c438",
        content="3d26d9aef52465af681ec73aac54258e7027eb1c68189e46ab635d9a72da921c",
    ),
    "twitter": NpmPackage(
        "emoji-datasource-twitter",
        _VERSION,
        (_LISTING, "img/twitter/sheets-clean/64.png"),
        tarball="f64a530c63bca463bd8317fdc4615ce63a53a0c65018e4ce2d848aaba7a28877",
        content="517e145e426677a052abf77ddec5fd07c65cef46ead3837aa4646346352e8e96",
    ),
}

_ORIGINS: dict[Style, tuple[str, str]] = {
    "google": ("Google's Noto Emoji 2.048", "Apache 2.0"),
    "twitter": ("Twemoji 16.0.1 (Twitter, and jdecked's fork)", "CC BY 4.0: name the authors"),
}


class Emoji(NamedImageSource):
    """1,911 emoji, RGBA, 64x64 as published, in ten classes: Unicode's categories. Skin tones are left out.

    Both styles have the same emoji in the same order, for pairing. `path` is the folder of the npm
    package; without one it is looked for in `node_modules`, here and in the folders above, then in the cache, and
    then downloaded from the registry (62 or 74 MB, of which 26 MB are kept). `channels` of `rgb` and `gray` lie on
    white. `split` is `all`, every tenth (`test`), or the others (`train`).
    """

    style: Style = "google"
    path: Path | None = None
    size: ImageSize = SIDE
    channels: Channels = "rgba"
    split: Split = "all"

    @property
    def title(self) -> str:
        """Such as `emoji google`."""
        return f"emoji {self.style}" + ("" if self.split == "all" else f" {self.split}")

    @property
    def settings(self) -> ImageFiles:
        """Stretched to `size`, with a Lanczos filter."""
        return ImageFiles(size=self.size, channels=self.channels, resize="stretch")

    def collect(self, loading: Loading = Loading()) -> Collection:
        """Returns the emoji in order of their code points, by the name of their file.

        Raises:
            DataError: the package can be neither located nor downloaded, or is not the published one.
        """
        package = PACKAGES[self.style]
        listing, sheet = package.read(self.path, loading).values()
        emoji = sorted(
            (entry for entry in json.loads(listing) if entry[f"has_img_{self.style}"]), key=lambda entry: entry["image"]
        )
        drawings = cut_sheet(decode(sheet), [(entry["sheet_x"], entry["sheet_y"]) for entry in emoji])
        return collect_drawings(
            package.locate(self.path, loading),
            [entry["image"] for entry in emoji],
            drawings,
            [entry["category"] for entry in emoji],
            package.content,
            channels=self.channels,
            split=self.split,
        )

    def provenance(self, loading: Loading = Loading()) -> tuple[Provenance, ...]:
        """Returns origin and licence as in the package's README."""
        package = PACKAGES[self.style]
        package.read(self.path, loading)
        source, licence = _ORIGINS[self.style]
        origin = f"{source}, as npm's {package.name} {package.version} carries it (C. Henderson, MIT)"
        return (Provenance(self.title, origin, licence, ((package.locate(self.path, loading), package.content),)),)


def cut_sheet(sheet: Pixels, places: list[tuple[int, int]]) -> Pixels:
    """Returns the emoji [N, 64, 64, C] at the columns and rows `places` of a sheet [H, W, C].

    Raises:
        DataError: the sheet has no whole number of cells, or a place is outside of it.
    """
    cell = SIDE + 2 * BORDER
    height, width, channels = sheet.shape
    if height % cell or width % cell:
        raise DataError(f"a sheet of emoji of {height}x{width} pixels; needs whole cells of {cell}x{cell}")
    across, down = width // cell, height // cell
    outside = [(column, row) for column, row in places if not (0 <= column < across and 0 <= row < down)]
    if outside:
        raise DataError(f"a sheet of {across}x{down} emoji has none at column {outside[0][0]}, row {outside[0][1]}")
    cells = sheet.reshape(down, cell, across, cell, channels).transpose(0, 2, 1, 3, 4)
    columns, rows = zip(*places, strict=True)
    pictures: Pixels = cells[list(rows), list(columns)][:, BORDER:-BORDER, BORDER:-BORDER]
    return pictures


named("emoji", Emoji())
named("emoji-twitter", Emoji(style="twitter"))
named("emoji-pairs", Pairs(source=Emoji(), target=Emoji(style="twitter")))
named("emoji-unpaired", Unpaired(a=Emoji(), b=Emoji(style="twitter")))
