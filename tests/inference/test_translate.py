"""`spar translate`: any image of a folder, at its size, under its name; nothing overwritten, nothing bad unnamed."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import sparring
from sparring.data import Loading
from sparring.errors import DataError, ShapeError, SpecError
from sparring.inference.model import Model
from sparring.inference.translate import write_translations

Trained = Callable[..., Path]


@pytest.fixture
def model(trained: Trained) -> Model:
    """Edges to colours, of 8x8."""
    return sparring.load(trained("pix2pix", steps=1))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Images of several sizes and kinds, one of them in a subfolder."""
    folder = tmp_path / "photos"
    random = np.random.default_rng(0)
    for name, size in (
        ("one.png", (8, 8, 3)),
        ("two.v2.jpg", (13, 20, 3)),
        ("deep/three.png", (5, 3)),
        ("x.png", (9, 9, 4)),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, size, np.uint8)).save(folder / name)
    return folder


def test_every_image_is_written_at_its_size_under_its_name(model: Model, photos: Path, tmp_path: Path) -> None:
    lines = list(write_translations(model, photos, "a-to-b", tmp_path / "out", 1024))
    written = {path.relative_to(tmp_path / "out").as_posix(): path for path in (tmp_path / "out").rglob("*.png")}
    assert written.keys() == {"one.png", "two.v2.png", "deep/three.png", "x.png"}
    for name, sides in (("one.png", (8, 8)), ("two.v2.png", (20, 13)), ("deep/three.png", (3, 5))):
        with Image.open(written[name]) as picture:
            assert (picture.size, picture.mode) == (sides, "RGB")
    assert lines == [f"4 images a-to-b in {tmp_path / 'out'}, the last x.png"]


def test_what_is_written_is_what_the_model_makes_of_the_image(model: Model, photos: Path, tmp_path: Path) -> None:
    list(write_translations(model, photos / "deep" / "three.png", "a-to-b", tmp_path / "out", 1024))
    source = np.asarray(Image.open(photos / "deep" / "three.png"), np.float32) / 127.5 - 1
    expected = (model.translate(torch.from_numpy(source)[None, None])[0] + 1) * 127.5
    translated = np.asarray(Image.open(tmp_path / "out" / "three.png"), np.float32).transpose(2, 0, 1)
    assert np.abs(translated - expected.numpy()).max() <= 0.5 + 1e-3


def test_translations_land_in_the_run_where_no_folder_is_named(model: Model, photos: Path) -> None:
    list(write_translations(model, photos, "a-to-b", None, 1024))
    assert (model.home / "translated" / "a-to-b" / "one.png").is_file()


def test_large_images_are_tiled_and_keep_their_size(model: Model) -> None:
    images = torch.rand(2, 1, 45, 18) * 2 - 1
    translated = model.translate(images, tile=16)
    assert translated.shape == (2, 3, 45, 18)
    assert translated.abs().max() <= 1
    assert not torch.equal(translated, model.translate(images))
    assert torch.equal(translated, model.translate(images, tile=16))


def test_a_tile_sees_only_what_is_near(model: Model) -> None:
    images = torch.rand(1, 1, 64, 64) * 2 - 1
    other = images.clone()
    other[..., 40:] = -other[..., 40:]
    difference = (model.translate(images, tile=16) - model.translate(other, tile=16)).abs()
    assert difference[..., 40:].max() > 0
    assert difference[..., :24].max() == 0


@pytest.mark.parametrize(
    ("direction", "message"),
    [("b-to-a", "does not translate 'b-to-a'; did you mean a-to-b"), ("up", "(known: a-to-b)")],
)
def test_a_direction_that_is_not_there_is_refused_with_the_nearest(model: Model, direction: str, message: str) -> None:
    with pytest.raises(SpecError) as refused:
        model.translate(torch.zeros(1, 1, 8, 8), direction)
    assert message in str(refused.value)


def test_a_model_that_does_not_translate_says_who_does(trained: Trained, photos: Path) -> None:
    model = sparring.load(trained("gan", steps=1))
    with pytest.raises(SpecError, match=r"GAN does not translate images; train a game that does: .*CycleGAN.*Pix2Pix"):
        list(write_translations(model, photos, "a-to-b", None, 1024))


def test_images_of_other_channels_and_tiles_that_cannot_be_are_refused(model: Model) -> None:
    with pytest.raises(ShapeError, match=r"got images \(1, 3, 8, 8\).* translates \[N, 1, H, W\] a-to-b"):
        model.translate(torch.zeros(1, 3, 8, 8))
    with pytest.raises(ShapeError, match="tile=30"):
        model.translate(torch.zeros(1, 1, 40, 40), tile=30)


def test_unreadable_images_are_named_before_anything_is_written(model: Model, photos: Path, tmp_path: Path) -> None:
    (photos / "broken.png").write_bytes(b"\x89PNG")
    with pytest.raises(DataError, match=r"1 of 5 images cannot be used: broken.png .*--skip-bad"):
        list(write_translations(model, photos, "a-to-b", tmp_path / "out", 1024))
    assert not (tmp_path / "out").exists()
    lines = list(write_translations(model, photos, "a-to-b", tmp_path / "out", 1024, loading=Loading(skip_bad=True)))
    assert "left out broken.png" in lines[0]
    assert "4 images" in lines[1]


def test_an_image_that_is_damaged_farther_in_is_named_too(model: Model, photos: Path, tmp_path: Path) -> None:
    whole = (photos / "two.v2.jpg").read_bytes()
    (photos / "two.v2.jpg").write_bytes(whole[: len(whole) * 3 // 4])
    with pytest.raises(DataError, match=r"two\.v2\.jpg"):
        list(write_translations(model, photos, "a-to-b", tmp_path / "out", 1024))
    lines = list(write_translations(model, photos, "a-to-b", tmp_path / "out", 1024, loading=Loading(skip_bad=True)))
    assert "3 images" in lines[-1]


def test_no_translation_replaces_an_image_or_another_translation(model: Model, photos: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the images to translate are there"):
        list(write_translations(model, photos, "a-to-b", photos, 1024))
    Image.new("L", (4, 4)).save(photos / "one.bmp")
    with pytest.raises(DataError, match=r"one.bmp, one.png differ in their suffix only"):
        list(write_translations(model, photos, "a-to-b", tmp_path / "out", 1024))


def test_a_folder_that_is_not_there_or_holds_no_images_is_refused(model: Model, photos: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file or folder; did you mean photos"):
        list(write_translations(model, tmp_path / "photo", "a-to-b", None, 1024))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="there are no images in it"):
        list(write_translations(model, tmp_path / "empty", "a-to-b", None, 1024))
