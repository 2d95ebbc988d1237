"""A check decodes everything, names every offender, and says how to train."""

import numpy as np
import pytest

from sparring.data import ImageFiles, check, pack
from sparring.errors import DataError


def test_a_good_set_is_ok_and_the_verdict_holds_the_command(folder):
    report = check(folder)
    assert report.ok
    assert report.count == 6
    assert report.sizes == {(8, 8): 6}
    assert report.channels == {3: 6}
    assert report.formats == {"PNG": 6}
    assert report.lines()[-1] == (
        f"All 6 images can be used. Train on them with, for example: spar train dcgan --data {folder}"
    )


def test_every_offender_is_listed_with_its_reason(draw, folder):
    for index in range(100, 140):
        draw(f"{index}.png", 8, 8, 3).write_bytes(b"")
    (folder / "0.png").write_bytes((folder / "0.png").read_bytes()[:-20])
    report = check(folder)
    assert not report.ok
    assert len(report.offenders) == 41
    lines = report.lines()
    assert "cannot be used: 0.png: truncated" in lines
    assert sum(line.endswith("empty (zero bytes)") for line in lines) == 40
    assert lines[-1].startswith("41 of 46 images cannot be used")
    assert lines[-1].endswith("--skip-bad")


def test_the_suggested_settings_do_load(draw, folder):
    draw("gray.png", 12, 16)
    draw("sprite.png", 8, 8, 4)
    report = check(folder)
    assert report.ok
    assert report.settings == ("data.size=8", "data.channels=rgba")
    settings = [setting.removeprefix("data.") for setting in report.settings]
    assert len(ImageFiles(path=folder).override(settings).load()) == 8


def test_exact_duplicates_are_found_across_formats(folder, encoded):
    (folder / "copy.bmp").write_bytes(encoded(8, 8, 3, seed=4, format="BMP"))
    assert check(folder).duplicates == (("4.png", "copy.bmp"),)


def test_labels_are_counted_and_bad_label_files_are_a_problem(draw, folder):
    (folder / "labels.csv").write_text("file,label\n" + "".join(f"{index}.png,{index % 2}\n" for index in range(6)))
    assert check(folder).labels == {"0": 3, "1": 3}
    draw("6.png", 8, 8, 3)
    report = check(folder)
    assert not report.ok
    assert "misses 1 of 7 images" in report.problems[0]
    assert report.lines()[-1].startswith("Not ready")


def test_fractions_are_given_their_range(tmp_path):
    np.save(tmp_path / "a.npy", np.linspace(0, 1, 32).reshape(2, 4, 4))
    assert check(tmp_path / "a.npy").settings == ("data.value_range=[0,1]",)


def test_a_pack_can_be_checked_and_its_damage_is_told(folder, tmp_path):
    pack(folder, tmp_path / "set")
    assert check(tmp_path / "set").ok
    array = tmp_path / "set" / "images.npy"
    array.write_bytes(array.read_bytes()[:-1] + b"?")
    with pytest.raises(DataError, match="digest is wrong"):
        check(tmp_path / "set")


def test_a_path_without_images_is_an_error(tmp_path):
    with pytest.raises(DataError, match="there are no images"):
        check(tmp_path)
