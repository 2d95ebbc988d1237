"""A set is read whole in one layout, or refused with everything that is wrong and the remedy."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from sparring.data import ImageFiles, Loading, Source
from sparring.download import cache_folder
from sparring.errors import DataError, SpecError

SPRITES = Path("/usr/share/games/crossfire-client/crossfire.base")


def load(path, **fields):
    return ImageFiles(path=path, **fields).load(Loading(workers=2))


def test_images_of_one_kind_need_no_settings(folder, noise):
    images = load(folder)
    assert images.pixels.dtype == np.uint8
    assert images.shape == (3, 8, 8)
    assert images.name == "images"
    wanted = np.stack([noise(8, 8, 3, seed=index) for index in range(6)])
    np.testing.assert_array_equal(images.pixels.transpose(0, 2, 3, 1), wanted)


def test_threads_and_their_number_change_nothing(draw, tmp_path):
    for index in range(150):
        draw(f"{index}.png", 5, 7, 3, seed=index)
    source = ImageFiles(path=tmp_path / "images", size=4)
    assert source.load(Loading(workers=1)).digest == source.load(Loading(workers=3)).digest


def test_a_missing_path_says_how_to_name_one():
    with pytest.raises(DataError, match=r"--data PATH, or data\.path=PATH"):
        ImageFiles().load()


def test_mirror_and_labels_reach_the_batches(draw, tmp_path):
    for name in ("cat/1.png", "dog/1.png", "dog/2.png"):
        draw(name, 4, 4)
    images = load(tmp_path / "images", mirror=True)
    assert images.facts.mirror
    assert images.classes == ("cat", "dog")
    _, labels = images.batch(np.array([2, 0]), torch.Generator())
    assert labels.tolist() == [1, 0]


def test_mixed_channel_counts_are_refused_with_examples_and_the_remedy(draw, folder):
    draw("gray.png", 8, 8)
    draw("sprite.png", 8, 8, 4)
    with pytest.raises(DataError) as caught:
        load(folder)
    text = str(caught.value)
    assert "6 rgb (for example 0.png)" in text
    assert "1 gray (for example gray.png)" in text
    assert "Set data.channels to gray, rgb or rgba" in text
    for channels, count in (("gray", 1), ("rgb", 3), ("rgba", 4)):
        assert load(folder, channels=channels).shape == (count, 8, 8)


def test_new_opacity_is_full_and_dropped_opacity_lies_on_black(draw, noise):
    path = draw("one.png", 8, 8, 4)
    rgb = load(path, channels="rgb").pixels[0].astype(float)
    stored = noise(8, 8, 4).astype(float)
    np.testing.assert_allclose(rgb, (stored[..., :3] * stored[..., 3:] / 255).transpose(2, 0, 1), atol=0.51)
    path = draw("two.png", 8, 8)
    rgba = load(path, channels="rgba").pixels[0]
    assert (rgba[3] == 255).all()
    np.testing.assert_array_equal(rgba[:3], np.broadcast_to(noise(8, 8), (3, 8, 8)))


def test_mixed_sizes_are_refused_with_their_counts_and_the_remedy(draw, folder):
    draw("large.png", 12, 16, 3)
    with pytest.raises(DataError, match=r"2 sizes .*6 of 8x8, 1 of 12x16\. Set data\.size, for example data\.size=8"):
        load(folder)
    assert load(folder, size="4x6").shape == (3, 4, 6)


def test_all_that_differs_is_told_at_once(draw, folder):
    draw("odd.png", 12, 16)
    with pytest.raises(DataError, match=r"2 sizes.*Also, the images have different channels"):
        load(folder)


def test_resize_can_refuse_or_keep_only_the_right_size(draw, folder):
    draw("large.png", 12, 16, 3)
    with pytest.raises(DataError, match=r"data.resize=refuse: 1 images are not 8x8: large\.png \(12x16\)"):
        load(folder, size=8, resize="refuse")
    kept = load(folder, size=8, resize="only")
    assert (len(kept), kept.facts.left_out, kept.facts.skipped) == (6, 1, 0)
    with pytest.raises(DataError, match="no image has the size 9"):
        load(folder, size=9, resize="only")
    with pytest.raises(SpecError, match="set size too"):
        ImageFiles.read({"resize": "only"})


def test_sixteen_and_eight_bits_meet_at_sixteen(draw, folder, noise):
    from sparring.data.formats.png import write_png

    deep = noise(8, 8, 3, dtype=np.uint16)
    (folder / "deep.png").write_bytes(write_png(deep))
    pixels = load(folder).pixels
    assert pixels.dtype == np.uint16
    np.testing.assert_array_equal(pixels[0].transpose(1, 2, 0), noise(8, 8, 3).astype(np.uint16) * 257)
    np.testing.assert_array_equal(pixels[6].transpose(1, 2, 0), deep)


def test_cmyk_is_converted_only_on_request(tmp_path):
    from PIL import Image

    Image.new("CMYK", (4, 4), (0, 255, 255, 0)).save(tmp_path / "print.jpg", quality=95)
    with pytest.raises(DataError, match=r"CMYK.*data\.channels=rgb"):
        load(tmp_path)
    red, green, blue = load(tmp_path, channels="rgb").pixels[0].reshape(3, -1).mean(1)
    assert red > 200 > 50 > max(green, blue)


def damage(folder: Path) -> None:
    content = (folder / "1.png").read_bytes()
    (folder / "1.png").write_bytes(content[:-30])
    (folder / "2.png").write_bytes(b"")
    flipped = bytearray((folder / "3.png").read_bytes())
    flipped[60] ^= 1
    (folder / "3.png").write_bytes(bytes(flipped))


def test_unreadable_images_refuse_the_set_and_name_the_ways_out(folder):
    damage(folder)
    with pytest.raises(DataError) as caught:
        load(folder)
    text = str(caught.value)
    assert "3 of 6 images cannot be used" in text
    assert "1.png (truncated)" in text
    assert "2.png (empty (zero bytes))" in text
    assert "3.png (damaged: the checksum" in text
    assert "spar data check" in text
    assert "--skip-bad" in text
    assert "\n" not in text


def test_skip_bad_leaves_them_out_with_their_labels_and_counts_them(folder):
    damage(folder)
    (folder / "labels.csv").write_text("file,label\n" + "".join(f"{index}.png,{index}\n" for index in range(6)))
    images = ImageFiles(path=folder).load(Loading(skip_bad=True))
    assert images.facts.skipped == 3
    assert images.labels.tolist() == [0, 4, 5]


def test_nothing_but_bad_images_is_refused_even_then(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(DataError, match="1 of 1 images cannot be used"):
        ImageFiles(path=tmp_path).load(Loading(skip_bad=True))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_an_offender(folder):
    (folder / "1.png").chmod(0)
    with pytest.raises(DataError, match=r"1\.png \(no permission to read it\)"):
        load(folder)


def test_a_large_set_is_mapped_from_a_packed_copy_and_found_again(folder, tmp_path, monkeypatch):
    source, cache = ImageFiles(path=folder), tmp_path / "cache"
    mapped = source.load(Loading(cache=cache, memory_limit=100))
    assert isinstance(mapped.pixels, np.memmap)
    np.testing.assert_array_equal(mapped.pixels, source.load().pixels)
    assert mapped.digest == source.load().digest
    mapped.batch(np.array([1]), torch.Generator())
    monkeypatch.setattr("sparring.data.named_images.build_loader", lambda *inputs: pytest.fail("it was decoded again"))
    again = source.model_copy(update={"mirror": True}).load(Loading(cache=cache, memory_limit=100))
    assert again.digest == mapped.digest
    assert again.facts.mirror


def test_a_changed_file_or_setting_makes_another_copy(folder, draw, tmp_path):
    cache = tmp_path / "cache"
    first = ImageFiles(path=folder).load(Loading(cache=cache, memory_limit=1))
    assert ImageFiles(path=folder, size=4).load(Loading(cache=cache, memory_limit=1)).shape == (3, 4, 4)
    draw("0.png", 8, 8, 3, seed=99)
    assert ImageFiles(path=folder).load(Loading(cache=cache, memory_limit=1)).digest != first.digest
    assert len(list((cache / "packed").iterdir())) == 3


def test_a_damaged_copy_is_made_anew(folder, tmp_path):
    cache = tmp_path / "cache"
    first = ImageFiles(path=folder).load(Loading(cache=cache, memory_limit=1))
    array = next(cache.rglob("images.npy"))
    array.write_bytes(array.read_bytes()[:-10])
    assert ImageFiles(path=folder).load(Loading(cache=cache, memory_limit=1)).digest == first.digest


def test_bad_images_leave_no_copy_behind(folder, tmp_path):
    damage(folder)
    with pytest.raises(DataError, match="3 of 6"):
        ImageFiles(path=folder).load(Loading(cache=tmp_path / "cache", memory_limit=1))
    assert not list((tmp_path / "cache").rglob("*.npy"))


def test_the_cache_can_be_moved(monkeypatch, tmp_path):
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path


def test_settings_survive_yaml_and_wrong_ones_name_their_field():
    source = ImageFiles(path=Path("a b"), size="32x48", labels=Path("x.csv"), value_range=(0, 1), channels="rgba")
    assert ImageFiles.from_yaml(source.to_yaml()) == source
    assert Source._choose(source.tree()) == source
    for wrong, message in (
        ({"resize": "shrink"}, "resize: got 'shrink'.*crop"),
        ({"channels": "cmyk"}, "channels: got 'cmyk'.*rgb"),
        ({"value_range": [1, 0]}, "lower value first"),
        ({"sise": 3}, "did you mean size"),
    ):
        with pytest.raises(SpecError, match=message):
            ImageFiles.read(wrong)


@pytest.mark.skipif(not SPRITES.exists(), reason="Debian's crossfire-client-images is not installed")
def test_crossfire_sprites_load_as_32x32_rgba():
    images = load(SPRITES, size=32, channels="rgba", resize="only")
    assert images.shape == (4, 32, 32)
    assert len(images) > 5000
    assert "monster" in images.classes
    assert len(images) + images.facts.left_out > 5700
