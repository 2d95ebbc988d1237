"""Folders and archives are opened and listed in order, or refused with a sentence."""

import tarfile
import zipfile

import numpy as np
import pytest

from sparring.data.image_collection import FileItem
from sparring.data.open import open_collection
from sparring.errors import DataError


def names(path):
    return [item.name for item in open_collection(path).items]


def zip_up(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tar_up(path, folder, mode):
    with tarfile.open(path, mode) as archive:
        archive.add(folder, arcname=".")
    return path


def test_a_folder_is_searched_through_sorted_and_hidden_files_are_passed_over(draw, tmp_path):
    for name in ("b/2.png", "a.jpg", "b/1.PNG".lower(), ".hidden/3.png", "c/.4.png", "__MACOSX/5.png"):
        draw(name, 4, 4)
    (tmp_path / "images" / "notes.txt").write_text("not an image")
    opened = open_collection(tmp_path / "images")
    assert [item.name for item in opened.items] == ["a.jpg", "b/1.png", "b/2.png"]
    assert opened.ignored == 1


def test_links_in_a_circle_end(draw, tmp_path):
    draw("a/1.png", 4, 4)
    (tmp_path / "images/a/loop").symlink_to(tmp_path / "images")
    assert names(tmp_path / "images") == ["a/1.png"]


@pytest.mark.parametrize(("suffix", "mode"), [("tar", "w"), ("tar.gz", "w:gz"), ("tgz", "w:gz"), ("tar.xz", "w:xz")])
def test_a_tar_holds_what_its_folder_held(folder, tmp_path, suffix, mode):
    (folder / "labels.csv").write_text("file,label\n")
    archive = open_collection(tar_up(tmp_path / f"set.{suffix}", folder, mode))
    plain = open_collection(folder)
    assert [item.name for item in archive.items] == [item.name for item in plain.items]
    assert archive.sidecars == plain.sidecars
    for one, other in zip(archive.items, plain.items, strict=True):
        np.testing.assert_array_equal(one.decode(), other.decode())


def test_a_zip_holds_what_its_folder_held(folder, tmp_path):
    path = zip_up(tmp_path / "set.zip", {file.name: file.read_bytes() for file in folder.iterdir()})
    for one, other in zip(open_collection(path).items, open_collection(folder).items, strict=True):
        np.testing.assert_array_equal(one.decode(), other.decode())


def test_crossfire_sprites_are_listed_by_name(tmp_path, encoded):
    path = tmp_path / "sprites.base"
    sprites = {"./arch/wall/b.111": encoded(4, 4, 4, seed=1), "./arch/monster/a.111": encoded(4, 4, 4)}
    path.write_bytes(b"".join(b"IMAGE %d %s\n%s" % (len(png), name.encode(), png) for name, png in sprites.items()))
    assert names(path) == ["arch/monster/a.111", "arch/wall/b.111"]
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match="damaged at byte"):
        open_collection(path)


def test_a_single_image_is_a_set_of_one(draw):
    assert names(draw("one.png", 4, 4)) == ["one.png"]


def test_a_path_that_is_not_there_suggests_near_names(folder, tmp_path):
    with pytest.raises(DataError, match=r"imagse: there is no such file or folder; did you mean images\?"):
        open_collection(tmp_path / "imagse")
    with pytest.raises(DataError, match="nor is the folder"):
        open_collection(tmp_path / "absent" / "images")


def test_no_images_is_refused_and_says_what_else_lies_there(tmp_path):
    (tmp_path / "movie.gif").write_bytes(b"GIF89a")
    with pytest.raises(DataError, match=r"no images in it, only 1 other files\. Takes .*PNG, JPEG"):
        open_collection(tmp_path)


def test_an_empty_zip_and_an_empty_tar_have_no_images(tmp_path):
    with pytest.raises(DataError, match="there are no images"):
        open_collection(zip_up(tmp_path / "empty.zip", {}))
    (tmp_path / "nothing").mkdir()
    with pytest.raises(DataError, match="there are no images"):
        open_collection(tar_up(tmp_path / "empty.tar", tmp_path / "nothing", "w"))


@pytest.mark.parametrize("suffix", ["zip", "tar", "tar.gz", "base"])
def test_damaged_archives_are_refused(folder, tmp_path, suffix):
    path = tmp_path / f"set.{suffix}"
    path.write_bytes(b"")
    with pytest.raises(DataError, match="cannot be read"):
        open_collection(path)
    path.write_bytes(b"\x1f\x8bnonsense" * 100)
    with pytest.raises(DataError, match=r"cannot be read|damaged"):
        open_collection(path)


@pytest.mark.parametrize(("suffix", "mode"), [("tar", "w"), ("tar.gz", "w:gz")])
def test_a_truncated_tar_is_refused(folder, tmp_path, suffix, mode):
    path = tar_up(tmp_path / f"set.{suffix}", folder, mode)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 3 - 10])
    with pytest.raises(DataError, match="cannot be read as a tar archive"):
        open_collection(path)


def test_another_kind_of_file_is_refused_with_those_taken(tmp_path):
    path = tmp_path / "video.mp4"
    path.write_bytes(b"....")
    with pytest.raises(DataError, match=r"not a kind of file that holds images.*\.zip"):
        open_collection(path)


def test_an_image_without_permission_is_an_offender_and_not_a_crash():
    def deny():
        raise PermissionError(13, "Permission denied")

    with pytest.raises(DataError, match="no permission to read it"):
        FileItem("locked.png", "", deny).decode()
