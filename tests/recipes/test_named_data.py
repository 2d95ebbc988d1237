"""Recipes on other data: a named set, or a path."""

from pathlib import Path

import pytest

import sparring
from sparring.data import Digits, FashionMNIST, ImageFiles, Pairs, SideBySide
from sparring.data.named import NAMED_DATA, find_source
from sparring.recipes.named_data import with_data


def test_data_is_named_or_a_path() -> None:
    recipe = sparring.recipe("dcgan")
    assert with_data(recipe, "digits").data == Digits()
    assert with_data(recipe, "fashion-mnist").data == FashionMNIST()
    for path in ("./digits", "a b/c: [d]", "1", "true", "faces.zip", "é"):
        assert with_data(recipe, path).data == ImageFiles(path=Path(path))


def test_settings_of_the_data_stay_where_a_recipe_reads_files_already() -> None:
    recipe = sparring.recipe("dcgan", "data.size=32", "data.mirror=true")
    data = with_data(recipe, "faces").data
    assert data == ImageFiles(path=Path("faces"), size=32, mirror=True)
    assert with_data(sparring.recipe("digits"), "faces").data == ImageFiles(path=Path("faces"))


def test_everything_but_the_data_stays() -> None:
    before, after = sparring.recipe("wgan-gp"), with_data(sparring.recipe("wgan-gp"), "digits")
    assert (after.game, after.training, after.listening) == (before.game, before.training, before.listening)


def test_the_path_given_to_a_recipe_of_pairs_is_where_they_are_made_from() -> None:
    recipe = sparring.recipe("pix2pix")
    data = with_data(recipe, "facades").data
    assert isinstance(data, SideBySide)
    assert data.images == recipe.data.images.model_copy(update={"path": Path("facades")})  # type: ignore[attr-defined]
    assert (data.crop, data.mirror) == (256, True)
    assert isinstance(with_data(recipe, "emoji-pairs").data, Pairs)


@pytest.mark.parametrize("name", NAMED_DATA)
def test_every_named_set_can_be_put_into_a_recipe(name: str) -> None:
    assert with_data(sparring.recipe("dcgan"), name).data == NAMED_DATA[name] == find_source(name)


def test_settings_stay_where_the_recipe_has_that_kind_already() -> None:
    assert with_data(sparring.recipe("digits", "data.size=24"), "digits").data == Digits(size=24)
