"""Typed, frozen values with YAML and overrides."""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any, ClassVar, Self, cast, get_args

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from sparring.errors import SpecError, nearest
from sparring.spec.assignment import Tree, assign

_MULTIPLES = {"k": 10**3, "M": 10**6, "G": 10**9}


def _read_count(value: object) -> object:
    """Reads `200k`, `1.5M` or `1e6` as an integer; leaves everything else to pydantic."""
    if not isinstance(value, str) or not value.strip():
        return value
    text, multiple = value.strip(), 1
    if text[-1] in _MULTIPLES:
        text, multiple = text[:-1], _MULTIPLES[text[-1]]
    try:
        number = float(text) * multiple
    except ValueError:
        return value
    return int(number) if number.is_integer() else value


Count = Annotated[int, BeforeValidator(_read_count)]
"""An integer, also written `200k`, `1.5M` or `1e6`."""


FAMILY_MARK = "x-family"
"""The key in a raw JSON schema for "any member of this family"; see `json_schema`."""


class Spec(BaseModel):
    """A frozen, typed value that survives YAML.

    Refuses unknown fields, infinities and NaN.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)

    @model_serializer(mode="wrap")
    def _write(self, handler: Any) -> Tree:
        fields = cast(Tree, handler(self))
        return {"kind": self.kind(), **fields} if isinstance(self, Family) else fields

    def __repr_name__(self) -> str:
        return _name(type(self))

    def __str__(self) -> str:
        return repr(self)

    @classmethod
    def read(cls, tree: object) -> Self:
        """Returns the value that `tree`, the content of a YAML file, describes.

        Raises:
            SpecError: one line for every field that is unknown, missing or impossible.
        """
        try:
            return cls.model_validate(tree)
        except ValidationError as error:
            problems = (f"{place or _name(cls)}: {text}" for place, text in _explain(cls, error))
            raise SpecError("\n".join(problems)) from None

    @classmethod
    def from_yaml(cls, text: str) -> Self:
        """Returns the value in `text`; raises `SpecError` if it is not YAML or not such a value."""
        try:
            tree = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise SpecError(f"not YAML: {' '.join(str(error).split())}") from None
        if tree is None:
            raise SpecError("empty file; `spar recipes NAME` prints a recipe to start from")
        return cls.read(tree)

    def tree(self) -> Tree:
        """Returns the value as plain dicts, lists, numbers and text."""
        return self.model_dump(mode="json")

    def to_yaml(self) -> str:
        """Returns the value as YAML, fields in the order of their declaration."""
        return yaml.safe_dump(self.tree(), sort_keys=False, allow_unicode=True, width=100)

    def override(self, assignments: Sequence[str]) -> Self:
        """Returns a copy with each `path=value` assigned, values read as YAML.

        The beginning of a path may be omitted if that is unambiguous (`generator.width` for
        `game.generator.width`); numbers in a path index lists; a changed `kind` drops the
        fields of the old one, except a kind that wraps another of its family: it wraps the old one.

        Raises:
            SpecError: an assignment without `=`, an unknown or ambiguous path, an impossible value.
        """
        tree = self.tree()
        for assignment in assignments:
            path, separator, text = assignment.partition("=")
            if not separator or not path:
                raise SpecError(f"{assignment!r} is not an assignment: write field=value, for example seed=1")
            try:
                value = yaml.safe_load(text)
            except yaml.YAMLError:
                value = text
            assign(tree, tuple(path.split(".")), value, _find_wrapped)
            with suppress(SpecError):  # adds a new kind's fields for the next assignment
                tree = type(self).read(tree).tree()
        return type(self).read(tree)


class Family(Spec):
    """A spec whose field may hold any of several kinds; a direct subclass of this is the family's root.

    A field annotated with the root takes an instance of any member, `{"kind": NAME, ...}`, or
    just `NAME` for a member with its defaults. Concrete subclasses become members when they are
    defined; nothing is ever imported by name. Where the root is the `Spec` of a class, so are the members.
    """

    members: ClassVar[dict[str, type["Family"]]] = {}
    roots: ClassVar[dict[str, type["Family"]]] = {}
    _nested: ClassVar[bool] = False

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if cls._is_root():
            cls.members = {}
            cls._nested = cls.__name__ == "Spec"
            Family.roots[cls.kind()] = cls
        elif not inspect.isabstract(cls) and (cls.__name__ == "Spec" or not cls._nested):
            cls.members[cls.kind()] = cls

    @classmethod
    def _is_root(cls) -> bool:
        return any(Spec in base.__bases__ for base in cls.__bases__)  # the name Family is not bound yet for itself

    @classmethod
    def kind(cls) -> str:
        """Returns the name by which YAML and commands know this member: `Hinge`, or `MLP` for `MLP.Spec`."""
        *_, owner, name = (".", *cls.__qualname__.split("."))
        return owner if name == "Spec" else name

    @model_validator(mode="before")
    @classmethod
    def _drop_kind(cls, value: object) -> object:
        if isinstance(value, Mapping) and "kind" in value:
            return {name: item for name, item in value.items() if name != "kind"}
        return value

    @classmethod
    def _choose(cls, value: object) -> "Family":
        if isinstance(value, cls):
            return value
        named = {"kind": value} if isinstance(value, str) else value
        if not isinstance(named, Mapping) or "kind" not in named:
            raise _problems([("", f"got {value!r}; needs a kind of {cls.kind()}: {', '.join(sorted(cls.members))}")])
        member = cls.members.get(str(named["kind"]))
        if member is None:
            hint = nearest(str(named["kind"]), cls.members)
            raise _problems([("kind", f"got {named['kind']!r}, not a kind of {cls.kind()}{hint}")])
        try:
            return member.model_validate(named)
        except ValidationError as error:
            raise _problems(_explain(member, error)) from None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        if not cls._is_root():
            return handler(source)
        return core_schema.no_info_plain_validator_function(
            cls._choose,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda value, info: value.model_dump(mode=info.mode), info_arg=True
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        if not cls._is_root():
            return handler(schema)
        return {FAMILY_MARK: cls.kind()}


def _find_wrapped(old: object, new: object) -> str:
    """Returns the required field of kind `new` for a value of the family that it shares with `old`, or ''."""
    roots = [root for root in Family.roots.values() if {str(old), str(new)} <= root.members.keys()]
    fields = [(name, field) for root in roots for name, field in root.members[str(new)].model_fields.items()]
    return next((name for name, field in fields if field.is_required() and field.annotation in roots), "")


def differences(left: Tree, right: Tree, path: str = "") -> Iterator[str]:
    """Yields `path: left → right` for every leaf that differs."""
    for name in dict.fromkeys((*left, *right)):
        here = f"{path}.{name}" if path else name
        one, other = left.get(name), right.get(name)
        if isinstance(one, dict) and isinstance(other, dict):
            yield from differences(one, other, here)
        elif one != other or (name in left) != (name in right):
            yield f"{here}: {one!r} → {other!r}"


def _problems(problems: list[tuple[str, str]]) -> PydanticCustomError:
    return PydanticCustomError("nested", "nested", {"problems": problems})


def _explain(cls: type[Spec], error: ValidationError) -> list[tuple[str, str]]:
    """Returns (place, problem) for each error, including nested families."""
    problems: list[tuple[str, str]] = []
    for one in error.errors(include_url=False):
        place = ".".join(str(part) for part in one["loc"])
        message = one["msg"].removeprefix("Value error, ")
        text = message if isinstance(one["input"], (dict, Spec)) else f"got {one['input']!r}; {message}"
        if one["type"] == "nested":
            inner = one["ctx"]["problems"]
            problems += [(".".join(part for part in (place, deeper) if part), text) for deeper, text in inner]
        elif one["type"] == "extra_forbidden":
            owner = _model_at(cls, one["loc"][:-1])
            hint = nearest(str(one["loc"][-1]), owner.model_fields)
            problems.append((place, f"unknown field of {_name(owner)}{hint}"))
        elif one["type"] == "missing":
            problems.append((place, "needs a value"))
        else:
            problems.append((place, text))
    return problems


def _name(cls: type[Spec]) -> str:
    return cls.kind() if issubclass(cls, Family) else cls.__name__


def _model_at(cls: type[Spec], path: Sequence[str | int]) -> type[Spec]:
    """Returns the spec that owns the field at the end of `path`, according to annotations."""
    owner = cls
    for part in path:
        field = owner.model_fields.get(str(part))
        if field is None:
            continue
        owner = next((kind for kind in _types(field.annotation) if issubclass(kind, Spec)), owner)
    return owner


def _types(annotation: Any) -> Iterator[type]:
    arguments = get_args(annotation)
    if not arguments and isinstance(annotation, type):
        yield annotation
    for argument in arguments:
        yield from _types(argument)
