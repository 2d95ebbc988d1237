"""Recipes shrunk to milliseconds a step, and pictures to play them on."""

import gc
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import typer.main
import typer.testing
from PIL import Image
from torch import Tensor

from sparring.data import Domains, Edges, HoldOut, ImageFiles, Pairs, SideBySide, Source, Transformed, Unpaired
from sparring.errors import MissingExtraError
from sparring.recipes import Recipe
from sparring.recipes import recipe as find_recipe
from sparring.recipes.named_data import with_data
from sparring.runner.train import train

Shrink = Callable[..., Recipe]
Trained = Callable[..., Path]
Differentiate = Callable[..., tuple[float, float]]

Recast = Callable[[Path], Source]


def paired(pictures: Path) -> Source:
    """Returns pictures, each with its edges."""
    return Transformed(images=ImageFiles(path=pictures), transform=Edges())


def unpaired(pictures: Path) -> Source:
    """Returns pictures of two classes as two domains."""
    return Unpaired(a=ImageFiles(path=pictures / "even"), b=ImageFiles(path=pictures / "odd"))


def two_domains(pictures: Path) -> Source:
    """Returns pictures with their classes and the same without; a fifth of these is held out."""
    return Domains(source=ImageFiles(path=pictures), target=HoldOut(of=ImageFiles(path=pictures), share=0.2))


OF_TWO: dict[str, Recast] = {kind.kind(): paired for kind in (Pairs, SideBySide, Transformed)} | {
    Unpaired.kind(): unpaired,
    Domains.kind(): two_domains,
}
"""How pictures become data of two images a sample, by the kind of data that a recipe reads."""


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Tiny tensors are slower on several threads, and much slower where others use the processors too."""
    torch.set_num_threads(1)


@pytest.fixture(scope="module", autouse=True)
def frozen_garbage() -> None:
    """Every run ends with a full garbage collection, which need not look at modules and collected tests each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def parsed_command() -> Iterator[None]:
    """The command's parser is built once, not for each call of it."""
    with pytest.MonkeyPatch.context() as patch:
        parser = cache(typer.main.get_command)
        patch.setattr(typer.main, "get_command", parser)
        patch.setattr(typer.testing, "_get_command", parser)
        yield


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
def differentiate() -> Differentiate:
    """Returns a value's derivative by `weight` in a random direction: by differences, and by autograd."""

    def differ(value: Callable[[], Tensor], weight: Tensor, small: float = 1e-6) -> tuple[float, float]:
        (gradient,) = torch.autograd.grad(value(), weight, allow_unused=True, materialize_grads=True)
        direction, values = torch.randn_like(weight), []
        for move in (small, -2 * small):
            with torch.no_grad():
                weight += move * direction
            values.append(value().item())
        with torch.no_grad():
            weight += small * direction
        return (values[0] - values[1]) / (2 * small), (gradient * direction).sum().item()

    return differ


@pytest.fixture(scope="session")
def shrink(pictures: Path) -> Shrink:
    """Makes a built-in recipe small: `shrink("dcgan", "training.accumulation=2", steps=6)`.

    Its networks become narrow, its data the eleven `pictures` where it can be played on them, its batch 4; it is
    saved every second step.
    """

    def make(name: str, *assignments: str, steps: int = 4) -> Recipe:
        recipe = find_recipe(name)
        if recipe.data.interactive:
            skip_without_package(recipe.data)
        else:
            recipe = played_on(recipe, pictures)
        images = 4 * max(Counter(recipe.game.order).values())
        tree = narrow(recipe.tree())
        if tree["data"].get("size") in (128, 256):  # what recipes for a GPU take
            tree["data"]["size"] = 8
        tree["training"] |= {"batch": 4, "images": steps * images, "record_every": images}
        tree["training"]["checkpoints"] |= {"every": 2 * images}
        tree["listening"] |= {
            "sample_count": 4,
            "score_count": 4,
            "samples_every": 3 * images,
            "scores_every": 2 * images,
        }
        return Recipe.read(tree).override(assignments)

    return make


@cache
def skip_without_package(source: Source) -> None:
    """Skips the test where the data need a package that is not installed."""
    try:
        source.load()
    except MissingExtraError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def train_once(shrink: Shrink, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Trains each shrunk recipe once a session; the folders of its runs are to be looked at, and left as they are."""

    @cache
    def folder(*changes: str, steps: int) -> Path:
        home = tmp_path_factory.mktemp("trained")
        train(shrink(*changes, steps=steps), home, device="cpu")
        return home

    return folder


@pytest.fixture
def trained(train_once: Trained, tmp_path: Path) -> Trained:
    """Copies the finished run of a shrunk recipe: `trained("dcgan", "conditional=true", steps=2, folder="run")`."""

    def copy(*changes: str, steps: int = 4, folder: str = "run") -> Path:
        return shutil.copytree(train_once(*changes, steps=steps), tmp_path / folder, dirs_exist_ok=True)

    return copy


def played_on(recipe: Recipe, pictures: Path) -> Recipe:
    """Returns the recipe on pictures, two a sample where its own data has two."""
    holds_out = isinstance(recipe.data, HoldOut)
    data = recipe.data.of if isinstance(recipe.data, HoldOut) else recipe.data
    if data.kind() not in OF_TWO:
        return with_data(recipe, str(pictures))
    recast = OF_TWO[data.kind()](pictures)
    return recipe.model_copy(update={"data": HoldOut(of=recast) if holds_out else recast})


def narrow(tree: Any) -> Any:
    """Returns a recipe's tree in which networks are narrow, every prior's `size` is 4, and patches are pixels.

    A pyramid's batches are the training's, and two episodes are played at a time.
    """
    if isinstance(tree, list):
        return [narrow(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    small = (
        {"width": 4, "field": 1, "channel_base": 64, "condition_width": 4}
        if "width" in tree or "channel_base" in tree
        else {"size": 4}
        if tree.get("kind") in ("Gaussian", "Uniform")
        else {}
    )
    small |= {"batches": {}, "episodes": 2}
    return {name: small.get(name, narrow(item)) for name, item in tree.items()}
