"""Recipes by name and from files."""

from pathlib import Path

import pytest

import sparring
from sparring.data import Digits
from sparring.errors import SpecError
from sparring.games import GAN
from sparring.recipes import Recipe, list_recipes, register, registry


def test_a_recipe_from_a_file_is_the_one_that_was_written(tmp_path: Path) -> None:
    path = tmp_path / "own.yml"
    expected = sparring.recipe("sngan", "seed=3", "data.path=some where")
    path.write_text(expected.to_yaml())
    assert sparring.recipe(path) == sparring.recipe(str(path)) == expected
    assert sparring.recipe(path, "seed=4").seed == 4


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"name: x\n", r"own.yaml:\ndata: needs a value\ngame: needs a value"),
        (b"[1]", r"own.yaml:\n"),
        (b"", r"own.yaml:\n"),
        (b"\xff\xfe", r"own.yaml"),
        (b"a: [", r"own.yaml:\nnot YAML"),
        (None, r"cannot read the recipe .*own.yaml: No such file"),
    ],
)
def test_a_file_that_is_no_recipe_is_named(content: bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SpecError, match=message):
        sparring.recipe(path)


def test_an_unknown_name_shows_the_nearest() -> None:
    for name, meant in (("dcgna", "dcgan"), ("wgan_gp", "wgan-gp"), ("DCGAN", "dcgan"), ("digit", "digits")):
        with pytest.raises(SpecError, match=f"'{name}' is neither .* did you mean .*{meant}.*spar recipes"):
            sparring.recipe(name)


def test_a_function_becomes_a_recipe_of_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_BUILDERS", {})

    @register
    def small_dcgan() -> Recipe:
        """A line to list.

        More of it.
        """
        return Recipe(data=Digits(), game=GAN.Spec())

    assert list_recipes() == {"small-dcgan": "A line to list."}
    assert small_dcgan() == sparring.recipe("small-dcgan") == Recipe(name="small-dcgan", data=Digits(), game=GAN.Spec())
