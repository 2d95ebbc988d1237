"""Assignment of a value in a tree of plain data, by a path whose beginning may be omitted."""

from collections.abc import Callable
from typing import Any

from sparring.errors import SpecError, nearest

Tree = dict[str, Any]
"""A spec as plain data: dicts, lists, numbers and text."""


def assign(tree: Tree, path: tuple[str, ...], value: object, find_wrapped: Callable[[object, object], str]) -> None:
    """Sets the field at `path` in place; numbers index lists, and a changed `kind` drops the fields of the old one.

    `find_wrapped(old, new)` returns the field in which kind `new` wraps kind `old`, or ''.

    Raises:
        SpecError: the path is unknown or ambiguous.
    """
    path = _complete(tree, path)
    node: Any = tree
    for depth, part in enumerate(path[:-1]):
        try:
            node = node[int(part)] if isinstance(node, list) else node[part]
        except (KeyError, IndexError, ValueError, TypeError):
            known = node if isinstance(node, dict) else {str(index): None for index in range(len(node or ()))}
            place = ".".join(path[: depth + 1])
            raise SpecError(f"{place}: unknown field{nearest(part, known)}") from None
        if not isinstance(node, (dict, list)):
            place = ".".join(path[: depth + 1])
            raise SpecError(f"{place} holds {node!r}, which has no field {path[depth + 1]!r}")
    last = path[-1]
    if isinstance(node, list):
        if not last.isdigit() or int(last) >= len(node):
            raise SpecError(f"{'.'.join(path)}: the list has {len(node)} items, counted from 0")
        node[int(last)] = value
    elif last == "kind" and node.get("kind") != value:
        old, wrapped = dict(node), find_wrapped(node.get("kind"), value)
        node.clear()
        node.update({"kind": value, wrapped: old} if wrapped else {"kind": value})
    else:
        node[last] = value


def _complete(tree: Tree, path: tuple[str, ...]) -> tuple[str, ...]:
    """Returns `path` with its omitted beginning: the shallowest place that has its first field."""
    level: list[tuple[tuple[str, ...], Tree]] = [((), tree)]
    names: dict[str, None] = {}
    while level:
        prefixes = [prefix for prefix, node in level if path[0] in node]
        if len(prefixes) == 1:
            return (*prefixes[0], *path)
        if prefixes:
            choices = " or ".join(".".join((*prefix, *path)) for prefix in prefixes)
            raise SpecError(f"{'.'.join(path)} could be {choices}: write out the one you mean")
        names.update((name, None) for _, node in level for name in node)
        level = [
            ((*prefix, name), child)
            for prefix, node in level
            for name, child in node.items()
            if isinstance(child, dict)
        ]
    raise SpecError(f"{'.'.join(path)}: unknown field{nearest(path[0], names)}")
