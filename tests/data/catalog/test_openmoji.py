"""OpenMoji: rendered from SVG once, the same emoji as lines and in colour."""

import json
import sys
from math import pi

import numpy as np
import pytest

from sparring.data import Loading, OpenMoji
from sparring.data.catalog.npm import NpmPackage, files_digest
from sparring.data.catalog.openmoji import PACKAGE, render_svg
from sparring.errors import MissingExtraError

here = pytest.mark.skipif(PACKAGE.find() is None, reason=PACKAGE.install)
SVG = '<svg viewBox="0 0 72 72" xmlns="http://www.w3.org/2000/svg">{}</svg>'
DISC = SVG.format('<circle cx="36" cy="36" r="18" fill="#0000ff"/>').encode()
LINE = SVG.format('<path d="M0,36 L72,36" stroke="#000" stroke-width="8"/>').encode()


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A package of eleven emoji, one with a skin tone, lines in black and discs in colour; returns its folder."""
    pytest.importorskip("resvg_py")
    listing = [{"hexcode": f"1F{index:02d}", "group": "ab"[index % 2], "skintone": ""} for index in range(10)]
    listing.append({"hexcode": "1F99", "group": "a", "skintone": 3})
    files = {"data/openmoji.json": json.dumps(listing).encode()}
    for entry in listing:
        files[f"black/svg/{entry['hexcode']}.svg"] = LINE
        files[f"color/svg/{entry['hexcode']}.svg"] = DISC
    for name, content in (files | {"package.json": b'{"name": "fake", "version": "1"}'}).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    package = NpmPackage("fake", "1", PACKAGE.wanted, "", files_digest(files))
    monkeypatch.setattr("sparring.data.catalog.openmoji.PACKAGE", package)
    return tmp_path


def test_a_drawing_covers_the_area_that_it_should():
    pytest.importorskip("resvg_py")
    [disc] = render_svg([DISC], 144, workers=1)
    assert disc.shape == (4, 144, 144)
    assert disc[3].sum() / 255 == pytest.approx(pi * 36**2, rel=2e-3)
    assert disc[:, 72, 72].tolist() == [0, 0, 255, 255]
    assert not disc[:, 0, 0].any()


def test_emoji_without_skin_tones_are_rendered_once_and_kept(fake, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    color = OpenMoji(path=fake, size=16).load(Loading(cache=cache))
    assert color.pixels.shape == (10, 4, 16, 16)
    assert color.classes == ("a", "b")
    monkeypatch.setattr("sparring.data.catalog.openmoji.render_svg", lambda *inputs: pytest.fail("rendered again"))
    again = OpenMoji(path=fake, size=16, split="train").load(Loading(cache=cache))
    assert len(again) == 9
    np.testing.assert_array_equal(again.pixels, color.pixels[:9])


def test_damaged_drawings_are_rendered_anew(fake, tmp_path):
    cache = tmp_path / "cache"
    first = OpenMoji(path=fake, size=16).load(Loading(cache=cache))
    [array] = cache.rglob("images.npy")
    array.write_bytes(array.read_bytes()[:-10])
    assert OpenMoji(path=fake, size=16).load(Loading(cache=cache)).digest == first.digest


def test_black_lines_without_opacity_lie_on_white(fake, tmp_path):
    lines = OpenMoji(path=fake, style="black", size=16, channels="gray").load(Loading(cache=tmp_path / "cache")).pixels
    assert lines.shape == (10, 1, 16, 16)
    assert (lines[:, 0, 0] == 255).all()
    assert (lines[:, 0, 8] < 16).all()


def test_without_a_renderer_the_command_to_install_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(MissingExtraError, match=r'pip install "sparring\[svg\]"'):
        next(render_svg([DISC], 16, workers=1))


@here
def test_the_published_emoji_are_rendered_in_both_styles(tmp_path):
    pytest.importorskip("resvg_py")
    files = PACKAGE.read()
    names = [entry["hexcode"] for entry in json.loads(files["data/openmoji.json"]) if not entry["skintone"]]
    assert len(names) == 2465
    black, color = (
        np.stack(list(render_svg([files[f"{style}/svg/{name}.svg"] for name in names[:40]], 32, workers=1)))
        for style in ("black", "color")
    )
    assert ((black[:, 3] > 200) <= (color[:, 3] > 100)).mean() > 0.999  # coloured ones have the same lines
