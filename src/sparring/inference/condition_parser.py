"""Parses the condition of a model from text: a class, a mixture of classes, or numeric labels."""

from collections.abc import Sequence

import torch

from sparring.errors import SpecError, nearest
from sparring.network import Condition, ConditionLike


def parse_condition(text: str, condition: Condition, meanings: Sequence[str], count: int, seed: int) -> ConditionLike:
    """Returns the condition of `count` samples written in `text`; `meanings` are the names of classes or of numbers.

    A class is a name or a number, or weights of several that sum to one: `cat=0.5,dog=0.5`. Numeric labels are written
    in order, `0.2,0.8`, or by name, `smiling=1,age=0.3`; those left out are sampled for every image, from `seed`, as in
    an unconditional draw.

    Raises:
        SpecError: no such class or number, a value outside [0, 1], or a missing one.
    """
    if condition.classes:
        return _class(text, meanings)
    if not condition.numbers:
        raise SpecError(f"the model is not conditional: it takes no class {text!r}")
    # A random stream of its own: the latents stay the same.
    labels = condition.draw(count, torch.Generator().manual_seed(~seed))
    assert labels is not None
    for column, number in _numbers(text, meanings).items():
        labels[:, column] = number
    return labels


def _class(text: str, classes: Sequence[str]) -> ConditionLike:
    if text in classes or "=" not in text:
        return _find("class", text, classes)
    weights = [0.0] * len(classes)
    for name, weight in _pairs(text):
        weights[_find("class", name, classes)] = weight
    if abs(sum(weights) - 1) > 1e-4:
        raise SpecError(f"{text!r}: the weights of classes sum to {sum(weights):g}; needs 1, such as 0.5 and 0.5")
    return [weight / sum(weights) for weight in weights]


def _numbers(text: str, attributes: Sequence[str]) -> dict[int, float]:
    """Returns the numbers in `text` by their positions."""
    if "=" in text:
        return {_find("number", name, attributes): number for name, number in _pairs(text)}
    parts = text.split(",")
    if len(parts) != len(attributes):
        called = ",".join(attributes)
        raise SpecError(
            f"{text!r}: the model takes {len(attributes)} numbers ({called}); needs all of them with commas between, "
            f"or some by name, such as {attributes[0]}=1"
        )
    return {place: _fraction(name, part) for place, (name, part) in enumerate(zip(attributes, parts, strict=True))}


def _pairs(text: str) -> list[tuple[str, float]]:
    parts = [part.rpartition("=") for part in text.split(",")]
    pairs = [(name.strip(), _fraction(name or number, number)) for name, _, number in parts]
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names) or not all(names):
        raise SpecError(f"{text!r}: needs NAME=NUMBER once for each name, with commas between")
    return pairs


def _fraction(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise SpecError(f"{name}: got {text!r}; needs a number from 0 to 1") from None
    if not 0 <= number <= 1:
        raise SpecError(f"{name}: got {text}; needs a number from 0 to 1")
    return number


def _find(kind: str, name: str, meanings: Sequence[str]) -> int:
    """Returns the position of the class or number with that name or position."""
    if name in meanings:
        return meanings.index(name)
    if name.isdecimal() and int(name) < len(meanings):
        return int(name)
    raise SpecError(f"the model has no {kind} {name!r}{nearest(name, meanings)}")
