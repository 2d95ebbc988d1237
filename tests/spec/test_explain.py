"""Every field of a recipe is listed with its value and the values it takes."""

import pytest

import sparring
from sparring.losses import AdversarialLoss
from sparring.recipes import list_recipes
from sparring.spec.explain import explain


def leaves(tree: object, path: str = "") -> list[str]:
    if isinstance(tree, dict):
        inside = [name for key, item in tree.items() if key != "kind" for name in leaves(item, f"{path}.{key}")]
        return inside or [path]
    return [path]


@pytest.mark.parametrize("name", sorted(list_recipes()))
def test_every_field_is_explained(name: str) -> None:
    recipe = sparring.recipe(name)
    text = "\n".join(explain(recipe, name))
    missing = [path.lstrip(".") for path in leaves(recipe.tree()) if f" {path.lstrip('.')} = " not in text]
    assert not missing


def test_the_allowed_values_of_a_field_are_listed() -> None:
    text = "\n".join(explain(sparring.recipe("dcgan"), "dcgan"))
    for line in (
        "training.precision = float32    [float32 or bfloat16]",
        f"game.losses = NonSaturating    [{' or '.join(sorted(AdversarialLoss.members))}]",
        "training.clip_gradient = None    [float or none]",
        "game.generator.reparametrization = None    [SpectralNorm or none]",
    ):
        assert line in text
