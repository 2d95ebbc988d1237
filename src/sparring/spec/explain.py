"""Every field of a recipe in full: its value, what it takes, and what its owner says of it."""

import inspect
import types
from collections.abc import Iterator
from typing import Any, Literal, Union, get_args, get_origin

from sparring.recipes.schema import Recipe
from sparring.spec import Family, Spec


def explain(recipe: Recipe) -> list[str]:
    """Returns one line for each field of `recipe`, under its owner's first sentence."""
    return list(_walk("", recipe))


def _walk(path: str, value: object) -> Iterator[str]:
    if isinstance(value, Spec):
        yield from _spec(path, value)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _walk(f"{path}.{name}", item)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _walk(f"{path}.{index}", item)
    else:
        yield f"  {path} = {value}"


def _spec(path: str, spec: Spec) -> Iterator[str]:
    title = f"{path}: {spec.kind()}" if isinstance(spec, Family) else path or spec.name  # type: ignore[attr-defined]
    yield f"\n{title}  {_about(spec)}"
    prefix = f"{path}." if path else ""
    nested: list[tuple[str, object]] = []
    for name, field in type(spec).model_fields.items():
        value = getattr(spec, name)
        if isinstance(value, (Spec, dict)) or (isinstance(value, tuple) and any(isinstance(v, Spec) for v in value)):
            nested.append((name, value))
        if not isinstance(value, Spec) or isinstance(value, Family):
            shown = (
                value.kind()
                if isinstance(value, Family)
                else f"{{{', '.join(map(str, value))}}}"
                if isinstance(value, dict)
                else spec.tree()[name]
            )
            yield f"  {prefix}{name} = {shown}    [{_takes(field.annotation)}]"
    for name, value in nested:
        yield from _walk(f"{prefix}{name}", value)


def _about(spec: Spec) -> str:
    owner: Any = getattr(spec, "network", getattr(spec, "game", type(spec)))
    owner = owner if inspect.isclass(owner) else type(spec)
    return (inspect.getdoc(owner) or "").partition("\n\n")[0].replace("\n", " ")


def _takes(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(map(str, arguments))
    if origin in (Union, types.UnionType):
        return " or ".join(_takes(argument) for argument in arguments)
    if origin is tuple:
        inner = "..." if Ellipsis in arguments else ""
        return f"[{', '.join(_takes(argument) for argument in arguments if argument is not Ellipsis)}{inner}]"
    if origin is dict:
        return f"{{name: {_takes(arguments[1])}}}"
    if origin is not None:
        return _takes(arguments[0])
    if isinstance(annotation, type) and issubclass(annotation, Family):
        return " or ".join(sorted(annotation.members))
    return "none" if annotation is type(None) else getattr(annotation, "__name__", str(annotation))
