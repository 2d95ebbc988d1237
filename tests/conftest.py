"""Recipes shrunk to milliseconds a step, and pictures to play them on."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from sparring.recipes import Recipe
from sparring.recipes import recipe as find_recipe
from sparring.recipes.catalogue import with_data

Shrink = Callable[..., Recipe]


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Tiny tensors are slower on several threads, and much slower where others use the processors too."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of eleven RGB images of 8x8 in two classes."""
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(0)
    for index in range(11):
        path = folder / ("even", "odd")[index % 2] / f"{index}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(random.integers(0, 256, (8, 8, 3), np.uint8)).save(path)
    return folder


@pytest.fixture
def shrink(pictures: Path) -> Shrink:
    """Makes a built-in recipe small: `shrink("dcgan", "training.accumulation=2", steps=6)`.

    Its networks become narrow, its data the eleven `pictures`, its batch 4; it is saved every second step.
    """

    def make(name: str, *assignments: str, steps: int = 4) -> Recipe:
        recipe = with_data(find_recipe(name), str(pictures))
        shown = 4 * max(Counter(recipe.game.order).values())
        tree = narrow(recipe.tree())
        tree["training"] |= {"batch": 4, "images": steps * shown, "record_every": shown}
        tree["training"]["checkpoints"] |= {"every": 2 * shown}
        tree["listening"] |= {
            "sample_count": 4,
            "score_count": 4,
            "samples_every": 3 * shown,
            "scores_every": 2 * shown,
        }
        return Recipe.read(tree).override(assignments)

    return make


def narrow(tree: Any) -> Any:
    """Returns a recipe's tree in which every `width` and every prior's `size` is 4."""
    if isinstance(tree, list):
        return [narrow(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    small = {"width": 4} if "width" in tree else {"size": 4} if tree.get("kind") in ("Gaussian", "Uniform") else {}
    return {name: small.get(name, narrow(item)) for name, item in tree.items()}
