"""Train, measure, understand and use generative adversarial networks.

>>> import sparring
>>> sparring.recipe("dcgan").game.losses
NonSaturating()
"""

from importlib import import_module
from typing import TYPE_CHECKING

from sparring.version import __version__

if TYPE_CHECKING:
    from sparring.errors import SparringError as SparringError
    from sparring.inference import Model as Model
    from sparring.inference import load as load
    from sparring.recipes import Recipe as Recipe
    from sparring.recipes import list_recipes as list_recipes
    from sparring.recipes import recipe as recipe
    from sparring.runner import train as train

_HOMES = {
    "Model": "inference",
    "Recipe": "recipes",
    "SparringError": "errors",
    "list_recipes": "recipes",
    "load": "inference",
    "recipe": "recipes",
    "train": "runner",
}

__all__ = ["Model", "Recipe", "SparringError", "__version__", "list_recipes", "load", "recipe", "train"]


def __getattr__(name: str) -> object:
    """Imports an export when it is first used: `import sparring` and `spar --help` stay quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sparring' has no attribute {name!r}")
    return getattr(import_module(f"sparring.{_HOMES[name]}"), name)
