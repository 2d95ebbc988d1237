"""Recipes by name and from files, on the data that is named beside them."""

from pathlib import Path

import pytest

import sparring
from sparring.data import Digits, FashionMNIST, ImageFiles, Pairs, SideBySide
from sparring.errors import SpecError
from sparring.recipes.named_data import with_data


def test_a_recipe_from_a_file_is_the_one_that_was_written(tmp_path: Path) -> None:
    path = tmp_path / "own.yml"
    expected = sparring.recipe("sngan", "seed=3", "data.path=some where")
    path.write_text(expected.to_yaml())
    assert sparring.recipe(path) == sparring.recipe(str(path)) == expected
    assert sparring.recipe(path, "seed=4").seed == 4


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"name: x\n", r"own.yaml:\ndata: needs a value\ngame: needs a value"),
        (b"[1]", r"own.yaml:\n"),
        (b"", r"own.yaml:\n"),
        (b"\xff\xfe", r"own.yaml"),
        (b"a: [", r"own.yaml:\nnot YAML"),
        (None, r"cannot read the recipe .*own.yaml: No such file"),
    ],
)
def test_a_file_that_is_no_recipe_is_named(content: bytes | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SpecError, match=said):
        sparring.recipe(path)


def test_an_unknown_name_shows_the_nearest() -> None:
    for name, meant in (("dcgna", "dcgan"), ("wgan_gp", "wgan-gp"), ("DCGAN", "dcgan"), ("digit", "digits")):
        with pytest.raises(SpecError, match=f"'{name}' is neither .* did you mean .*{meant}.*spar recipes"):
            sparring.recipe(name)


def test_data_is_named_or_a_path() -> None:
    recipe = sparring.recipe("dcgan")
    assert with_data(recipe, "digits").data == Digits()
    assert with_data(recipe, "fashion-mnist").data == FashionMNIST()
    for path in ("./digits", "a b/c: [d]", "1", "true", "faces.zip", "é"):
        assert with_data(recipe, path).data == ImageFiles(path=Path(path))


def test_settings_of_the_data_stay_where_a_recipe_reads_files_already() -> None:
    recipe = sparring.recipe("dcgan", "data.size=32", "data.mirror=true")
    found = with_data(recipe, "faces").data
    assert found == ImageFiles(path=Path("faces"), size=32, mirror=True)
    assert with_data(sparring.recipe("digits"), "faces").data == ImageFiles(path=Path("faces"))


def test_everything_but_the_data_stays() -> None:
    before, after = sparring.recipe("wgan-gp"), with_data(sparring.recipe("wgan-gp"), "digits")
    assert (after.game, after.training, after.listening) == (before.game, before.training, before.listening)


def test_a_path_beside_a_recipe_of_pairs_is_where_they_are_made_from() -> None:
    recipe = sparring.recipe("pix2pix")
    data = with_data(recipe, "facades").data
    assert isinstance(data, SideBySide)
    assert data.images == recipe.data.images.model_copy(update={"path": Path("facades")})  # type: ignore[attr-defined]
    assert (data.crop, data.mirror) == (256, True)
    assert isinstance(with_data(recipe, "emoji-pairs").data, Pairs)
