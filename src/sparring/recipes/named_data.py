"""Data sets that `--data` knows by name."""

import json
from pathlib import Path

from sparring.data import MNIST, Digits, Emoji, FashionMNIST, ImageFiles, OpenMoji, Pairs, Source, Sprites, Unpaired
from sparring.errors import SpecError, nearest
from sparring.recipes.schema import Recipe

NAMED_DATA: dict[str, Source] = {
    "digits": Digits(),
    "emoji": Emoji(),
    "emoji-twitter": Emoji(style="twitter"),
    "emoji-pairs": Pairs(source=Emoji(), target=Emoji(style="twitter")),
    "emoji-unpaired": Unpaired(a=Emoji(), b=Emoji(style="twitter")),
    "fashion-mnist": FashionMNIST(),
    "mnist": MNIST(),
    "openmoji": OpenMoji(),
    "openmoji-black": OpenMoji(style="black"),
    "openmoji-pairs": Pairs(source=OpenMoji(style="black"), target=OpenMoji()),
    "sprites": Sprites(),
}
"""Data sets that `--data` knows by name; anything else is a path (`./digits` for a folder of that name)."""


def with_data(found: Recipe, data: str) -> Recipe:
    """Returns the recipe on other data: one of `NAMED_DATA`, or the images at a path.

    Settings such as `data.size` stay where the recipe reads data of that kind already. A path is where pairs are made
    from, in a recipe that makes pairs of `data.images`.
    """
    source = NAMED_DATA.get(data, ImageFiles(path=Path(data)))
    place = "data" if data in NAMED_DATA or "images" not in type(found.data).model_fields else "data.images"
    told = source.model_dump(mode="json", include=source.model_fields_set)
    fields = [f"{place}.{name}={json.dumps(value)}" for name, value in told.items() if name != "kind"]
    return found.override([f"{place}.kind={source.kind()}", *fields])


def data_source(data: str) -> Source:
    """Returns the source of one of `NAMED_DATA`, or of the images at a path."""
    return NAMED_DATA.get(data, ImageFiles(path=Path(data)))


def shown_data(data: str) -> Source:
    """Returns the source of one of `NAMED_DATA`, or of a path that is there; raises `SpecError` with near names."""
    if data not in NAMED_DATA and not Path(data).expanduser().exists():
        raise SpecError(f"{data!r} is neither a named data set nor a path{nearest(data, NAMED_DATA)}")
    return data_source(data)
