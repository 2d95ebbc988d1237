"""The JSON schema of a spec, for editors and forms."""

from typing import Any

from sparring.spec import FAMILY_MARK, Family, Spec

JSON = dict[str, Any]


def json_schema(cls: type[Spec]) -> JSON:
    """Returns the schema of `cls`; each family in it is a definition that lists the known kinds."""
    schema = cls.model_json_schema()
    definitions: JSON = schema.pop("$defs", {})
    waiting = _families(schema) | _families(definitions)
    while waiting:
        family = waiting.pop()
        name = family.kind()
        if name in definitions:
            continue
        definitions[name] = {}  # a family may contain itself
        kinds = []
        for kind in sorted(family.members):
            member = family.members[kind].model_json_schema()
            definitions |= member.pop("$defs", {})
            member |= {"title": kind, "properties": {"kind": {"const": kind}, **member.get("properties", {})}}
            kinds.append(member | {"required": ["kind", *member.get("required", [])]})
        definitions[name] = {"anyOf": kinds}
        waiting |= _families(definitions)
    named: JSON = _refer({**schema, "$defs": definitions})
    return named


def _families(node: Any) -> set[type[Family]]:
    if isinstance(node, dict):
        marked = {Family.roots[node[FAMILY_MARK]]} if FAMILY_MARK in node else set()
        return marked.union(*(_families(item) for item in node.values()))
    return set().union(*map(_families, node)) if isinstance(node, list) else set()


def _refer(node: Any) -> Any:
    if isinstance(node, dict):
        refer = {"$ref": f"#/$defs/{node[FAMILY_MARK]}"} if FAMILY_MARK in node else {}
        return {**{name: _refer(item) for name, item in node.items() if name != FAMILY_MARK}, **refer}
    return [_refer(item) for item in node] if isinstance(node, list) else node
