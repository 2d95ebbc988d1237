"""Train, measure, understand and use generative adversarial networks.

>>> import sparring
>>> sparring.recipe("dcgan").game.losses
NonSaturating()
"""

from importlib import import_module
from typing import TYPE_CHECKING

from sparring.version import __version__

__all__ = ["Model", "Recipe", "SparringError", "__version__", "list_recipes", "load", "recipe", "train"]

if TYPE_CHECKING:
    from sparring.errors import SparringError as SparringError
    from sparring.recipes import Model as Model
    from sparring.recipes import Recipe as Recipe
    from sparring.recipes import list_recipes as list_recipes
    from sparring.recipes import load as load
    from sparring.recipes import recipe as recipe
    from sparring.recipes import train as train


def __getattr__(name: str) -> object:
    """Imports what is exported when it is first used, so that `import sparring` and `spar --help` stay quick."""
    if name not in __all__:
        raise AttributeError(f"module 'sparring' has no attribute {name!r}")
    module = import_module("sparring.errors" if name == "SparringError" else "sparring.recipes")
    return getattr(module, name)
