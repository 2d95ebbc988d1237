"""Packing loses nothing, appears at once or not at all, and damage to a pack is noticed."""

import errno
import json
import zipfile

import numpy as np
import pytest

from sparring.data import ImageFiles, Loading, pack
from sparring.data.formats.packed import PackWriter
from sparring.data.formats.png import write_png
from sparring.errors import DataError
from sparring.network import Condition


def load(path, **fields):
    return ImageFiles(path=path, **fields).load(Loading(workers=1))


@pytest.fixture
def labelled(draw, tmp_path):
    for index, name in enumerate(("cat/1.png", "cat/2.png", "dog/1.png")):
        draw(name, 6, 8, 4, seed=index)
    return tmp_path / "images"


@pytest.mark.parametrize("name", ["set.zip", "set"])
def test_a_pack_reads_back_equal_with_its_labels(labelled, tmp_path, name):
    summary = pack(labelled, tmp_path / name)
    packed, source = load(tmp_path / name), load(labelled)
    assert packed.digest == source.digest
    assert packed.classes == source.classes == ("cat", "dog")
    assert (summary.count, summary.shape, summary.names) == (3, (4, 6, 8), ("cat", "dog"))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["images", name])


@pytest.mark.parametrize("name", ["set.zip", "set"])
def test_numbers_and_their_names_survive_packing_again_and_again(labelled, tmp_path, name):
    (labelled / "labels.csv").write_text("file,young,smiling\ncat/1.png,0,0.1\ncat/2.png,1,1\ndog/1.png,0.3,0\n")
    summary = pack(labelled, tmp_path / name)
    packed, source = load(tmp_path / name), load(labelled)
    assert summary.names == packed.attributes == source.attributes == ("young", "smiling")
    assert packed.digest == source.digest
    np.testing.assert_array_equal(packed.numbers, np.float32([[0, 0.1], [1, 1], [0.3, 0]]))
    assert packed.labels is None
    assert packed.classes == ()
    pack(tmp_path / name, tmp_path / "small", settings=ImageFiles(size=4))
    np.testing.assert_array_equal(load(tmp_path / "small").numbers, source.numbers)
    assert load(tmp_path / name, labels="none").condition == Condition()


def test_altered_numbers_in_a_pack_are_noticed(labelled, tmp_path):
    (labelled / "labels.csv").write_text("file,young\ncat/1.png,0\ncat/2.png,1\ndog/1.png,0.3\n")
    pack(labelled, tmp_path / "set")
    np.save(tmp_path / "set" / "labels.npy", np.float32([[0], [1], [0.4]]))
    with pytest.raises(DataError, match="damaged: its digest is wrong"):
        load(tmp_path / "set")


@pytest.mark.parametrize("name", ["set.zip", "set"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bits_survive_packing(tmp_path, noise, name, channels):
    (tmp_path / "deep.png").write_bytes(write_png(noise(5, 5, channels, dtype=np.uint16) | 1))
    pack(tmp_path / "deep.png", tmp_path / name)
    np.testing.assert_array_equal(load(tmp_path / name).pixels, load(tmp_path / "deep.png").pixels)


def test_the_zip_is_in_nvidias_form(labelled, tmp_path):
    pack(labelled, tmp_path / "set.zip")
    with zipfile.ZipFile(tmp_path / "set.zip") as archive:
        listing = json.loads(archive.read("dataset.json"))
        assert listing["labels"][2] == ["00000/img00000002.png", 1]
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
    pack(labelled, tmp_path / "plain.zip", settings=ImageFiles(labels="none"))
    with zipfile.ZipFile(tmp_path / "plain.zip") as archive:
        assert json.loads(archive.read("dataset.json"))["labels"] is None
    assert load(tmp_path / "plain.zip").labels is None


def test_settings_are_applied_and_a_pack_can_be_packed_again(labelled, tmp_path):
    pack(labelled, tmp_path / "small", settings=ImageFiles(size=4, channels="rgb"))
    assert load(tmp_path / "small").shape == (3, 4, 4)
    pack(tmp_path / "small", tmp_path / "gray.zip", settings=ImageFiles(channels="gray"))
    assert load(tmp_path / "gray.zip").shape == (1, 4, 4)
    assert load(tmp_path / "small", size=2).shape == (3, 2, 2)


def test_fractions_survive_a_folder_and_are_refused_by_a_zip(tmp_path):
    np.save(tmp_path / "a.npy", np.linspace(-1, 1, 2 * 4 * 4 * 5, dtype=np.float32).reshape(2, 4, 4, 5))
    pack(tmp_path / "a.npy", tmp_path / "set")
    np.testing.assert_array_equal(load(tmp_path / "set").pixels, load(tmp_path / "a.npy").pixels)
    with pytest.raises(DataError, match="cannot hold float32 images with 5 channels; pack to a folder"):
        pack(tmp_path / "a.npy", tmp_path / "set.zip")


@pytest.mark.parametrize("name", ["set.zip", "set"])
def test_nothing_is_overwritten(labelled, tmp_path, name):
    pack(labelled, tmp_path / name)
    with pytest.raises(DataError, match="is there already and is not overwritten"):
        pack(labelled, tmp_path / name)


@pytest.mark.parametrize("name", ["set.zip", "set"])
def test_bad_images_stop_packing_and_leave_nothing_behind(labelled, tmp_path, name):
    (labelled / "cat/2.png").write_bytes(b"")
    with pytest.raises(DataError, match="1 of 3 images cannot be used"):
        pack(labelled, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["images"]
    summary = pack(labelled, tmp_path / name, loading=Loading(skip_bad=True))
    assert (summary.count, summary.skipped) == (2, 1)
    assert load(tmp_path / name).labels.tolist() == [0, 1]


@pytest.mark.parametrize(("name", "target"), [("set.zip", "zipfile.ZipFile.writestr"), ("set", "numpy.save")])
def test_a_full_disk_is_a_sentence_and_leaves_nothing_behind(labelled, tmp_path, monkeypatch, name, target):
    def full(*inputs: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(target, full)
    with pytest.raises(DataError, match=r"the disk is full\. Nothing was left behind"):
        pack(labelled, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["images"]


def test_an_altered_pack_is_refused(labelled, tmp_path):
    pack(labelled, tmp_path / "set")
    array = tmp_path / "set" / "images.npy"
    content = array.read_bytes()
    array.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(DataError, match="damaged: its digest is wrong"):
        load(tmp_path / "set")
    array.write_bytes(content[:-1])
    with pytest.raises(DataError, match="damaged"):
        load(tmp_path / "set")


@pytest.mark.parametrize("meta", ["", "[]", "{}", '{"format": "other"}'])
def test_a_pack_with_a_damaged_description_is_refused(labelled, tmp_path, meta):
    pack(labelled, tmp_path / "set")
    (tmp_path / "set" / "meta.json").write_text(meta)
    with pytest.raises(DataError, match=r"packed set is damaged: .* Pack it again"):
        load(tmp_path / "set")


def test_a_pack_from_the_future_is_refused(labelled, tmp_path):
    pack(labelled, tmp_path / "set")
    meta = tmp_path / "set" / "meta.json"
    meta.write_text(meta.read_text().replace('"version": 1', '"version": 2'))
    with pytest.raises(DataError, match="newer sparring"):
        load(tmp_path / "set")


def test_of_two_processes_that_make_the_same_copy_the_first_wins(tmp_path, noise):
    for seed in (1, 2):
        with PackWriter(tmp_path / "copy", "uint8") as writer:
            writer.append(noise(1, 4, 4, seed=seed))
            writer.finish(None, alpha=False, counts={"skipped": 0, "left_out": 0})
    np.testing.assert_array_equal(load(tmp_path / "copy").pixels[0], noise(1, 4, 4, seed=1))
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]
