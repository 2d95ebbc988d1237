"""The built-in recipes by name, and recipes from YAML files."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path

from sparring.errors import SpecError, nearest
from sparring.recipes.schema import Recipe

_BUILDERS: dict[str, Callable[[], Recipe]] = {}


def register(build: Callable[[], Recipe]) -> Callable[[], Recipe]:
    """Makes a function's recipe a built-in one: `def wgan_gp()` is known as `wgan-gp`, and returns it under that name.

    The first line of the function's docstring is the line that `spar recipes` prints.
    """
    name = build.__name__.replace("_", "-")
    assert name not in _BUILDERS, f"two recipes are called {name}"

    @wraps(build)
    def named() -> Recipe:
        return build().model_copy(update={"name": name})

    _BUILDERS[name] = named
    return named


def list_recipes() -> dict[str, str]:
    """Returns one line about each built-in recipe, by name."""
    return {name: (_BUILDERS[name].__doc__ or "").strip().partition("\n")[0] for name in sorted(_BUILDERS)}


def recipe(name: str | Path, *assignments: str) -> Recipe:
    """Returns the built-in recipe of that name, or the one in that YAML file, with `field=value` assigned.

    Raises:
        SpecError: no such recipe or file, or an impossible field, kind or value.

    >>> recipe("dcgan", "generator.width=96", "losses.kind=Hinge").game.losses
    Hinge()
    """
    text = str(name)
    if text in _BUILDERS:
        return _BUILDERS[text]().override(assignments)
    if text.endswith((".yaml", ".yml")):
        return _read(Path(text)).override(assignments)
    raise SpecError(
        f"{text!r} is neither a built-in recipe nor a .yaml file{nearest(text, _BUILDERS)} "
        "(`spar recipes` lists the built-in ones)"
    )


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
