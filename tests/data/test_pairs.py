"""Pairs: of two folders by name, of two halves, of two styles; what does not match is named."""

import numpy as np
import pytest
import torch
from PIL import Image

from sparring.data import Digits, ImageFiles, Loading, Pairs, SideBySide, Source
from sparring.errors import DataError, SpecError

ALL = np.arange(4)


def random():
    return torch.Generator().manual_seed(0)


@pytest.fixture
def folders(tmp_path, noise):
    """Four gray sources of 8x8 and their targets, whose red is 255 minus the source."""
    for index in range(4):
        gray = noise(8, 8, seed=index)
        for kind in ("sketch", "photo/deep"):
            (tmp_path / kind).mkdir(parents=True, exist_ok=True)
        Image.fromarray(gray).save(tmp_path / f"sketch/{index}.png")
        Image.fromarray(np.stack((255 - gray, gray, gray), 2)).save(tmp_path / f"photo/{index}.bmp")
    (tmp_path / "photo/deep").rmdir()
    return tmp_path


def of(folders, **fields):
    return Pairs(source=ImageFiles(path=folders / "sketch"), target=ImageFiles(path=folders / "photo"), **fields)


def test_images_of_the_same_name_are_paired_whatever_their_suffix(folders):
    pairs = of(folders).load()
    assert (len(pairs), pairs.shape, pairs.condition.shape) == (4, (3, 8, 8), (1, 8, 8))
    target, source = pairs.batch(ALL, random())
    torch.testing.assert_close(target[:, :1], -source)
    torch.testing.assert_close(target[:, 1:2], source)


def test_crops_and_flips_are_the_same_for_both(folders):
    pairs = of(folders, crop="4x6", mirror=True).load()
    assert (pairs.shape, pairs.condition.shape, pairs.facts.mirror) == ((3, 4, 6), (1, 4, 6), True)
    target, source = pairs.batch(np.repeat(ALL, 20), random())
    torch.testing.assert_close(target[:, :1], -source)
    assert len(torch.unique(source[:20], dim=0)) > 5


def test_a_batch_is_a_function_of_indices_and_seed(folders):
    pairs = of(folders, crop=4, mirror=True).load()
    first, second = pairs.batch(ALL, random()), pairs.batch(ALL, random())
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])


def test_images_without_a_counterpart_are_named_on_both_sides(folders):
    (folders / "sketch/3.png").rename(folders / "sketch/lonely.png")
    with pytest.raises(DataError, match=r"1 of .*sketch have none in .*photo: lonely\.png; 1 of .*photo .*: 3\.bmp"):
        of(folders).load()


def test_names_that_differ_in_their_suffix_only_are_refused(folders, draw):
    (folders / "sketch/0.bmp").write_bytes((folders / "photo/0.bmp").read_bytes())
    with pytest.raises(DataError, match=r"0\.bmp and 0\.png differ in their suffix only"):
        of(folders).load()


def test_different_sizes_are_refused_and_the_setting_is_named(folders):
    pairs = Pairs(source=ImageFiles(path=folders / "sketch", size=16), target=ImageFiles(path=folders / "photo"))
    with pytest.raises(DataError, match=r"sources of 16x16 and targets of 8x8; .* data\.source\.size=8x8"):
        pairs.load()


def test_different_depths_are_refused(folders, noise):
    for index in range(4):
        Image.fromarray(noise(8, 8, dtype=np.uint16)).save(folders / f"sketch/{index}.png")
    with pytest.raises(DataError, match="sources of uint16 and targets of uint8"):
        of(folders).load()


def test_a_pair_with_a_bad_image_is_refused_or_left_out_whole(folders):
    (folders / "sketch/1.png").write_bytes(b"")
    photo = folders / "photo/2.bmp"
    photo.write_bytes(photo.read_bytes()[:100])
    with pytest.raises(DataError, match="cannot be used"):
        of(folders).load()
    kept = of(folders).load(Loading(skip_bad=True))
    assert (len(kept), kept.facts.skipped) == (2, 2)
    target, source = kept.batch(np.arange(2), random())
    torch.testing.assert_close(target[:, :1], -source)


def test_sources_without_names_cannot_be_paired(folders):
    with pytest.raises(DataError, match=r"data\.source: Digits has no names .* needs one of .*ImageFiles"):
        Pairs(source=Digits(), target=ImageFiles(path=folders / "photo")).load()


@pytest.mark.parametrize(("source", "sign"), [("left", 1), ("right", -1)])
def test_side_by_side_images_are_halved_before_they_are_resized(tmp_path, source, sign):
    for index in range(3):
        image = np.zeros((10, 24, 3), np.uint8)
        image[:, 12:] = 255
        Image.fromarray(image).save(tmp_path / f"{index}.png")
    pairs = SideBySide(images=ImageFiles(path=tmp_path, size=8), source=source).load()
    target, sources = pairs.batch(np.arange(3), random())
    assert target.shape == sources.shape == (3, 3, 8, 8)
    torch.testing.assert_close(target, torch.full_like(target, float(sign)))
    torch.testing.assert_close(sources, -target)


def test_an_odd_width_has_no_halves(tmp_path, draw):
    for index in range(2):
        draw(f"{index}.png", 8, 15 + index, 3)
    with pytest.raises(DataError, match=r"0\.png \(its width of 15 is odd"):
        SideBySide(images=ImageFiles(path=tmp_path / "images", size=8)).load()


def test_a_part_that_mirrors_by_itself_is_refused():
    with pytest.raises(SpecError, match=r"set data\.mirror instead of a part's mirror"):
        Source.members["Pairs"].read({"source": {"kind": "Digits", "mirror": True}, "target": "Digits"})


def test_digests_tell_pairs_apart(folders):
    turned = Pairs(source=ImageFiles(path=folders / "photo"), target=ImageFiles(path=folders / "sketch"))
    assert of(folders).load().digest == of(folders).load().digest != turned.load().digest
