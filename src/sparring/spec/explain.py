"""Lists every field of a spec: its value, the values it takes, and its owner's summary."""

import inspect
import types
from collections.abc import Iterator
from typing import Any, Literal, Union, get_args, get_origin

from sparring.spec import Family, Spec


def explain(spec: Spec, title: str) -> list[str]:
    """Returns one line for each field of `spec`, below its `title` or path and its owner's first sentence."""
    return list(_explain_spec("", spec, title))


def _explain_spec(path: str, spec: Spec, title: str) -> Iterator[str]:
    yield f"\n{title}  {_summary(spec)}"
    prefix = f"{path}." if path else ""
    nested: list[tuple[str, object]] = []
    for name, field in type(spec).model_fields.items():
        value = getattr(spec, name)
        if isinstance(value, (Spec, dict)) or (isinstance(value, tuple) and any(isinstance(v, Spec) for v in value)):
            nested.append((name, value))
        if not isinstance(value, Spec) or isinstance(value, Family):
            text = (
                value.kind()
                if isinstance(value, Family)
                else f"{{{', '.join(map(str, value))}}}"
                if isinstance(value, dict)
                else spec.tree()[name]
            )
            yield f"  {prefix}{name} = {text}    [{_allowed(field.annotation)}]"
    for name, value in nested:
        yield from _explain_nested(f"{prefix}{name}", value)


def _explain_nested(path: str, value: object) -> Iterator[str]:
    if isinstance(value, Spec):
        yield from _explain_spec(path, value, f"{path}: {value.kind()}" if isinstance(value, Family) else path)
    elif isinstance(value, (dict, tuple)):
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _explain_nested(f"{path}.{name}", item)
    else:
        yield f"  {path} = {value}"


def _summary(spec: Spec) -> str:
    owner: Any = getattr(spec, "network", getattr(spec, "game", type(spec)))
    owner = owner if inspect.isclass(owner) else type(spec)
    return (inspect.getdoc(owner) or "").partition("\n\n")[0].replace("\n", " ")


def _allowed(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(map(str, arguments))
    if origin in (Union, types.UnionType):
        return " or ".join(_allowed(argument) for argument in arguments)
    if origin is tuple:
        inner = "..." if Ellipsis in arguments else ""
        return f"[{', '.join(_allowed(argument) for argument in arguments if argument is not Ellipsis)}{inner}]"
    if origin is dict:
        return f"{{name: {_allowed(arguments[1])}}}"
    if origin is not None:
        return _allowed(arguments[0])
    if isinstance(annotation, type) and issubclass(annotation, Family):
        return " or ".join(sorted(annotation.members))
    return "none" if annotation is type(None) else getattr(annotation, "__name__", str(annotation))
