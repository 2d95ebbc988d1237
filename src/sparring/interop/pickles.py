"""Reads pickles without running any code in them.

A pickle is a program for a small stack machine, whose instructions may import and call any name. The machine here has
only the instructions that build plain containers. It looks names up in a table of safe globals, and refuses any other
name before it reads on.
"""

import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, Any

from sparring.errors import CheckpointError

Constructor = Callable[..., Any]
"""Our stand-in for a callable in a pickle: builds a value from the pickled arguments and checks it."""

MAX_INSTRUCTIONS = 1_000_000
"""Published checkpoints have some ten thousand instructions."""


@dataclass(frozen=True)
class SafeGlobal:
    """An allowed global `name` of a pickle and our `constructor` for it; the pickle may call it or store it."""

    name: str
    constructor: Constructor


class UnpickledDict(dict[Any, Any]):
    """A pickled object reduced to its items; its attributes are dropped."""

    def build(self, state: Any) -> None:
        """Ignores the object's `__dict__`."""


class UnpickledNamespace(UnpickledDict):
    """A pickled object reduced to its attributes."""

    def build(self, state: Any) -> None:
        """Adds the attributes in the object's `__dict__`."""
        self.update(dict(state))


_MARK = object()

_VALUES = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
}
"""Instructions that push their argument."""


class _Machine:
    """Runs the instructions of one pickle, which may name `safe_globals` only."""

    def __init__(self, safe_globals: Mapping[str, Constructor], load_external: Constructor) -> None:
        self.safe_globals, self.load_external = safe_globals, load_external
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self, stream: IO[bytes]) -> Any:
        """Returns the value pickled at the position of `stream`, and leaves the stream after it."""
        for count, (instruction, argument, _) in enumerate(pickletools.genops(stream)):
            if count == MAX_INSTRUCTIONS:
                raise CheckpointError(f"more than {MAX_INSTRUCTIONS:,} instructions, which no checkpoint needs")
            name = instruction.name
            if name in _VALUES:
                self.stack.append(argument)
            elif name in _PLAIN:
                self.stack.append(_PLAIN[name]())
            elif name in _STEPS:
                _STEPS[name](self, argument)
            elif name not in ("PROTO", "FRAME", "STOP"):
                raise CheckpointError(f"the instruction {name}, which checkpoints have no use for")
        (value,) = self.stack
        return value

    def pop_to_mark(self) -> list[Any]:
        """Pops the values above the last mark, and the mark."""
        mark = len(self.stack) - 1
        while self.stack[mark] is not _MARK:
            mark -= 1
            if mark < 0:
                raise ValueError("no mark")
        values = self.stack[mark + 1 :]
        del self.stack[mark:]
        return values

    def pop(self, count: int) -> tuple[Any, ...]:
        """Pops the last `count` values."""
        start = len(self.stack) - count
        if start < 0 or any(value is _MARK for value in self.stack[start:]):
            raise ValueError("the stack is empty")
        values = tuple(self.stack[start:])
        del self.stack[start:]
        return values

    def put(self, key: int) -> None:
        """Stores the top of the stack in the memo, without popping it."""
        self.memo[key] = self.stack[-1]

    def get(self, key: int) -> None:
        """Pushes a value from the memo."""
        self.stack.append(self.memo[key])

    def look_up(self, module: Any, attribute: Any) -> None:
        """Pushes the global `module.attribute`, if it is a safe one."""
        name = f"{module}.{attribute}"
        if not isinstance(module, str) or not isinstance(attribute, str) or name not in self.safe_globals:
            raise CheckpointError(f"the name {name}, which is neither a tensor nor a plain container")
        self.stack.append(SafeGlobal(name, self.safe_globals[name]))

    def call(self, keywords: bool = False) -> None:
        """Pops a global and its arguments, and pushes the constructor's result."""
        called, arguments, *more = self.pop(3 if keywords else 2)
        if type(called) is not SafeGlobal or type(arguments) is not tuple or any(more):
            raise CheckpointError(f"a call of {type(called).__name__}, not of an allowed name without keywords")
        self.stack.append(called.constructor(*arguments))

    def build(self) -> None:
        """Pops a state and passes it to the object below it."""
        target, state = self.pop(2)
        if not hasattr(type(target), "build"):
            raise CheckpointError(f"a state for {type(target).__name__}, which has none")
        target.build(state)
        self.stack.append(target)

    def add(self, items: list[Any]) -> None:
        """Adds `items` to the list or set on the stack."""
        if type(self.stack[-1]) is set:
            self.stack[-1].update(items)
        elif type(self.stack[-1]) is list:
            self.stack[-1].extend(items)
        else:
            raise CheckpointError(f"items for {type(self.stack[-1]).__name__}, which is no list")

    def assign(self, items: Any) -> None:
        """Adds keys and values, in turn, to the mapping on the stack."""
        if not isinstance(self.stack[-1], dict):
            raise CheckpointError(f"items for {type(self.stack[-1]).__name__}, which is no mapping")
        self.stack[-1].update(_pairs(items))


def _pairs(items: Any) -> dict[Any, Any]:
    return dict(zip(items[::2], items[1::2], strict=True))


_PLAIN: dict[str, Callable[[], Any]] = {
    "MARK": lambda: _MARK,
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_SET": set,
}

_STEPS: dict[str, Callable[[_Machine, Any], Any]] = {
    "POP": lambda machine, _: machine.pop(1),
    "POP_MARK": lambda machine, _: machine.pop_to_mark(),
    "DUP": lambda machine, _: machine.stack.append(machine.stack[-1]),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.pop_to_mark())),
    "TUPLE1": lambda machine, _: machine.stack.append(machine.pop(1)),
    "TUPLE2": lambda machine, _: machine.stack.append(machine.pop(2)),
    "TUPLE3": lambda machine, _: machine.stack.append(machine.pop(3)),
    "LIST": lambda machine, _: machine.stack.append(machine.pop_to_mark()),
    "DICT": lambda machine, _: machine.stack.append(_pairs(machine.pop_to_mark())),
    "FROZENSET": lambda machine, _: machine.stack.append(frozenset(machine.pop_to_mark())),
    "APPEND": lambda machine, _: machine.add([*machine.pop(1)]),
    "APPENDS": lambda machine, _: machine.add(machine.pop_to_mark()),
    "ADDITEMS": lambda machine, _: machine.add(machine.pop_to_mark()),
    "SETITEM": lambda machine, _: machine.assign(machine.pop(2)),
    "SETITEMS": lambda machine, _: machine.assign(machine.pop_to_mark()),
    "GLOBAL": lambda machine, argument: machine.look_up(*argument.split(" ", 1)),
    "STACK_GLOBAL": lambda machine, _: machine.look_up(*machine.pop(2)),
    "REDUCE": lambda machine, _: machine.call(),
    "NEWOBJ": lambda machine, _: machine.call(),
    "NEWOBJ_EX": lambda machine, _: machine.call(keywords=True),
    "BUILD": lambda machine, _: machine.build(),
    "BINPERSID": lambda machine, _: machine.stack.append(machine.load_external(*machine.pop(1))),
    "MEMOIZE": lambda machine, _: machine.put(len(machine.memo)),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _Machine.put),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Machine.get),
}


def read_pickle(
    stream: IO[bytes], safe_globals: Mapping[str, Constructor], load_external: Constructor | None = None
) -> Any:
    """Returns the value pickled at the position of `stream`.

    `safe_globals` maps the allowed names, as `module.attribute`, to our constructors. `load_external` loads an object
    stored outside the pickle, by its persistent id.

    Raises:
        CheckpointError: it names something else, has an instruction that checkpoints do not need, or is damaged.
    """
    try:
        return _Machine(safe_globals, load_external or _refuse).run(stream)
    except CheckpointError:
        raise
    except Exception as error:  # a damaged file may break any of the steps
        raise CheckpointError(f"damaged: {type(error).__name__}: {error}") from None


def _refuse(identity: Any) -> Any:
    raise CheckpointError("a reference to something outside the file")
