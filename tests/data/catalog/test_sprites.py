"""Crossfire's sprites: those of 32x32, with the folder that they came from as their class."""

import numpy as np
import pytest

from sparring.data import Sprites
from sparring.data.catalog.sprites import DEBIAN
from sparring.errors import DataError

here = pytest.mark.skipif(not DEBIAN.exists(), reason="apt install crossfire-client-images")


def test_sprites_of_other_sizes_are_left_out_and_folders_are_classes(tmp_path, encoded):
    sprites = {"arch/door/a.111": 32, "arch/door/b.111": 64, "arch/food/a.111": 32}
    content = b""
    for name, side in sprites.items():
        png = encoded(side, side, 3)
        content += b"IMAGE %d %s\n" % (len(png), name.encode()) + png
    (tmp_path / "x.base").write_bytes(content)
    images = Sprites(path=tmp_path / "x.base", size=16).load()
    assert images.pixels.shape == (2, 4, 16, 16)
    assert images.classes == ("door", "food")
    assert (images.pixels[:, 3] == 255).all()


def test_without_debians_package_the_command_to_install_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("sparring.data.catalog.sprites.DEBIAN", tmp_path / "absent")
    with pytest.raises(DataError, match="apt install crossfire-client-images"):
        Sprites().load()


@here
def test_the_published_sprites_are_loaded():
    images = Sprites().load()
    assert images.pixels.shape[1:] == (4, 32, 32)
    assert len(images) > 5000
    assert {"armour", "monster", "weapon"} <= set(images.classes)
    assert (np.bincount(images.labels) > 0).all()
    [origin] = Sprites().provenance()
    assert origin.licence == "GPL"
    assert origin.files[0][0] == DEBIAN
