"""The built-in recipes by name, and recipes from YAML files."""

import json
from collections.abc import Callable
from pathlib import Path

from sparring.data import ImageFiles, Source
from sparring.errors import SpecError, nearest
from sparring.recipes.dcgan import dcgan, digits, lsgan, sngan, wgan, wgan_gp
from sparring.recipes.gan import gan
from sparring.recipes.schema import Recipe
from sparring.recipes.toys import checkerboard, grid, line, ring, stacked_digits, swiss_roll, two_moons

_BUILDERS: dict[str, Callable[[], Recipe]] = {
    "checkerboard": checkerboard,
    "dcgan": dcgan,
    "digits": digits,
    "gan": gan,
    "grid": grid,
    "line": line,
    "lsgan": lsgan,
    "ring": ring,
    "sngan": sngan,
    "stacked-digits": stacked_digits,
    "swiss-roll": swiss_roll,
    "two-moons": two_moons,
    "wgan": wgan,
    "wgan-gp": wgan_gp,
}


def list_recipes() -> dict[str, str]:
    """Returns one line about each built-in recipe, by name."""
    return {name: (builder.__doc__ or "").strip() for name, builder in _BUILDERS.items()}


def recipe(name: str | Path, *assignments: str) -> Recipe:
    """Returns the built-in recipe of that name, or the one in that YAML file, with `field=value` assigned.

    Raises:
        SpecError: no such recipe or file, or a field, kind or value that cannot be.

    >>> recipe("dcgan", "generator.width=96", "losses.kind=Hinge").game.losses
    Hinge()
    """
    text = str(name)
    if text in _BUILDERS:
        found = _BUILDERS[text]()
    elif text.endswith((".yaml", ".yml")):
        found = _read(Path(text))
    else:
        raise SpecError(
            f"{text!r} is neither a built-in recipe nor a .yaml file{nearest(text, _BUILDERS)} "
            "(`spar recipes` lists the built-in ones)"
        )
    return found.override(assignments)


NAMED_DATA = {"digits": "Digits", "fashion-mnist": "FashionMNIST"}
"""Data sets that `--data` knows by name; anything else is a path (`./digits` for a folder of that name)."""


def with_data(found: Recipe, data: str) -> Recipe:
    """Returns the recipe on other data: one of `NAMED_DATA`, or the images at a path.

    Settings such as `data.size` stay where the recipe reads files already.
    """
    kind = NAMED_DATA.get(data, "ImageFiles")
    path = [] if data in NAMED_DATA else [f"data.path={json.dumps(data)}"]
    return found.override([f"data.kind={kind}", *path])


def data_source(data: str) -> Source:
    """Returns the source of one of `NAMED_DATA`, or of the images at a path."""
    if data in NAMED_DATA:
        return Source.members[NAMED_DATA[data]].read({})  # type: ignore[return-value]
    return ImageFiles(path=Path(data))


def _read(path: Path) -> Recipe:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SpecError(f"cannot read the recipe {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SpecError(f"cannot read the recipe {path}: it is not text") from None
    try:
        return Recipe.from_yaml(text)
    except SpecError as error:
        raise SpecError(f"{path}:\n{error}") from None
