"""Every field of a recipe is named with its value and what it takes."""

import pytest

import sparring
from sparring.losses import AdversarialLoss
from sparring.recipes import list_recipes
from sparring.spec import Spec
from sparring.spec.explain import explain


def leaves(tree: object, path: str = "") -> list[str]:
    if isinstance(tree, dict):
        inside = [name for key, item in tree.items() if key != "kind" for name in leaves(item, f"{path}.{key}")]
        return inside or [path]
    return [path]


@pytest.mark.parametrize("name", sorted(list_recipes()))
def test_every_field_is_explained(name: str) -> None:
    recipe: Spec = sparring.recipe(name)
    said = "\n".join(explain(sparring.recipe(name)))
    missing = [path.lstrip(".") for path in leaves(recipe.tree()) if f" {path.lstrip('.')} = " not in said]
    assert not missing


def test_what_a_field_takes_is_named() -> None:
    said = "\n".join(explain(sparring.recipe("dcgan")))
    for line in (
        "training.precision = float32    [float32 or bfloat16]",
        f"game.losses = NonSaturating    [{' or '.join(sorted(AdversarialLoss.members))}]",
        "training.clip_gradient = None    [float or none]",
        "game.generator.reparametrization = None    [SpectralNorm or none]",
    ):
        assert line in said
