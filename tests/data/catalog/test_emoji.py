"""Emoji: cut from their sheet without its borders, the same in both styles."""

import json
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from sparring.data import Emoji
from sparring.data.catalog.emoji import PACKAGES, cut_sheet
from sparring.data.catalog.npm import NpmPackage, files_digest
from sparring.errors import DataError

here = pytest.mark.skipif(
    any(package.find() is None for package in PACKAGES.values()),
    reason=" ".join(["npm install", *(f"{package.name}@{package.version}" for package in PACKAGES.values())]),
)


@pytest.fixture
def fake(tmp_path, monkeypatch, noise):
    """A package of twelve emoji on a sheet of four columns and three rows; returns its folder and its pixels."""
    folder = tmp_path / "fake"
    sheet = np.full((3 * 66, 4 * 66, 4), 77, np.uint8)  # borders that are to be left out
    pictures = noise(12, 64, 64, 4)
    pictures[..., 3] |= 1  # colours under nothing would be set to zero
    listing = []
    for index in range(12):
        row, column = index // 4, index % 4
        sheet[row * 66 + 1 : row * 66 + 65, column * 66 + 1 : column * 66 + 65] = pictures[index]
        entry = {"image": f"{11 - index:02d}.png", "sheet_x": column, "sheet_y": row, "has_img_google": index != 5}
        listing.append(entry | {"category": ("Flags", "Food")[index % 2]})
    stream = BytesIO()
    Image.fromarray(sheet).save(stream, "PNG")
    files = {"emoji.json": json.dumps(listing).encode(), "img/google/sheets-clean/64.png": stream.getvalue()}
    for name, content in (files | {"package.json": b'{"name": "fake", "version": "1"}'}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    monkeypatch.setitem(PACKAGES, "google", NpmPackage("fake", "1", tuple(files), "", files_digest(files)))
    return folder, pictures


def test_emoji_come_whole_in_order_of_names_and_absent_ones_are_left_out(fake):
    folder, pictures = fake
    images = Emoji(path=folder).load()
    kept = [index for index in reversed(range(12)) if index != 5]
    np.testing.assert_array_equal(images.pixels, pictures[kept].transpose(0, 3, 1, 2))
    assert images.classes == ("Flags", "Food")
    assert images.labels.tolist() == [index % 2 for index in kept]


def test_channels_size_and_mirror_are_as_asked(fake):
    folder, _ = fake
    images = Emoji(path=folder, channels="rgb", size=32, mirror=True, split="test").load()
    assert images.shape == (3, 32, 32)
    assert images.facts.mirror
    assert len(images) == 1
    assert images.name == "emoji google test"


def test_a_place_outside_of_the_sheet_and_a_ragged_sheet_are_refused():
    sheet = np.zeros((132, 66, 4), np.uint8)
    assert cut_sheet(sheet, [(0, 1)]).shape == (1, 64, 64, 4)
    with pytest.raises(DataError, match="a sheet of 1x2 emoji has none at column 1, row 0"):
        cut_sheet(sheet, [(0, 0), (1, 0)])
    with pytest.raises(DataError, match="131x66 pixels; needs whole cells of 66x66"):
        cut_sheet(sheet[1:], [(0, 0)])


@here
def test_the_published_emoji_are_loaded_in_both_styles_with_the_same_classes():
    google, twitter = (Emoji(style=style, size=32).load() for style in ("google", "twitter"))
    assert google.pixels.shape == twitter.pixels.shape == (1911, 4, 32, 32)
    assert len(google.classes) == 10
    np.testing.assert_array_equal(google.labels, twitter.labels)
    # The same emoji: silhouettes overlap far more than with another's.
    opaque = [torch.from_numpy((images.pixels[:, 3] > 127).reshape(1911, -1)) for images in (google, twitter)]
    agreement, chance = ((opaque[0] == opaque[1].roll(shift, 0)).float().mean() for shift in (0, 100))
    assert agreement > chance + 0.1


@here
def test_no_published_emoji_touches_its_neighbour_on_the_sheet():
    from sparring.data.formats.decoding import decode

    _, sheet = PACKAGES["twitter"].read().values()
    opacity = decode(sheet)[..., 3].reshape(62, 66, 62, 66)
    assert not opacity[:, [0, 65]].any()
    assert not opacity[:, :, :, [0, 65]].any()


@here
def test_origin_and_licence_are_stated():
    [google], [twitter] = (Emoji(style=style).provenance() for style in ("google", "twitter"))
    assert google.licence == "Apache 2.0"
    assert twitter.licence.startswith("CC BY 4.0")
    assert google.files[0][0].is_dir()
