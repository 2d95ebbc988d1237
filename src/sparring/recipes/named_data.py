"""Recipes on other data, by its name or path."""

import json

from sparring.data.named import NAMED_DATA, find_source
from sparring.recipes.schema import Recipe


def with_data(recipe: Recipe, data: str) -> Recipe:
    """Returns the recipe on other data: one of `NAMED_DATA`, or the images at a path.

    Settings such as `data.size` stay where the recipe already reads data of that kind. In a recipe that makes pairs
    of `data.images`, a path replaces the path of these.
    """
    source = find_source(data)
    place = "data" if data in NAMED_DATA or "images" not in type(recipe.data).model_fields else "data.images"
    settings = source.model_dump(mode="json", include=source.model_fields_set)
    fields = [f"{place}.{name}={json.dumps(value)}" for name, value in settings.items() if name != "kind"]
    return recipe.override([f"{place}.kind={source.kind()}", *fields])
