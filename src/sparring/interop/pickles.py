"""Reads pickles without running anything that stands in them.

A pickle is a program for a small machine with a stack, whose instructions may import and call whatever they name. The
machine here has the instructions that build plain containers; a name is looked up in a table that the reader gives, and
what is not in it is refused before anything else is read.
"""

import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, Any

from sparring.errors import CheckpointError

Constructor = Callable[..., Any]
"""Makes a value from what stands in a pickle, and checks it: one of ours, never one of the file's."""

LONGEST = 1_000_000
"""Instructions in a pickle: published checkpoints have some ten thousand."""


@dataclass(frozen=True)
class Name:
    """A name that a pickle gives, which `make` stands for: it may be called, or be a value by itself."""

    text: str
    make: Constructor


class UnpickledDict(dict[Any, Any]):
    """An object of a pickle of which only the items matter; what attributes it had beside them is left out."""

    def build(self, state: Any) -> None:
        """Leaves out what the object's `__dict__` held."""


class UnpickledNamespace(UnpickledDict):
    """An object of a pickle of which only the attributes matter."""

    def build(self, state: Any) -> None:
        """Takes up what the object's `__dict__` held."""
        self.update(dict(state))


_MARK = object()

_VALUES = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
}
"""Instructions that put the value behind them on the stack."""


class _Machine:
    """Runs the instructions of one pickle; `names` may stand in it, `look_up` finds what is kept elsewhere."""

    def __init__(self, names: Mapping[str, Constructor], look_up: Constructor) -> None:
        self.names, self.look_up = names, look_up
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self, stream: IO[bytes]) -> Any:
        """Returns what the pickle at the place of `stream` describes, and leaves the stream behind it."""
        for count, (instruction, argument, _) in enumerate(pickletools.genops(stream)):
            if count == LONGEST:
                raise CheckpointError(f"more than {LONGEST:,} instructions, which no checkpoint needs")
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

    def gather(self) -> list[Any]:
        """Takes what lies above the last mark, and the mark."""
        place = len(self.stack) - 1
        while self.stack[place] is not _MARK:
            place -= 1
            if place < 0:
                raise ValueError("no mark")
        taken = self.stack[place + 1 :]
        del self.stack[place:]
        return taken

    def take(self, count: int) -> tuple[Any, ...]:
        """Takes the last `count` things."""
        if len(self.stack) < count or any(one is _MARK for one in self.stack[len(self.stack) - count :]):
            raise ValueError("the stack is empty")
        taken = tuple(self.stack[len(self.stack) - count :])
        del self.stack[len(self.stack) - count :]
        return taken

    def keep(self, place: int) -> None:
        """Notes the last thing, which stays on the stack, under the number `place`."""
        self.memo[place] = self.stack[-1]

    def fetch(self, place: int) -> None:
        """Puts what was noted under the number `place` on the stack."""
        self.stack.append(self.memo[place])

    def name(self, module: Any, attribute: Any) -> None:
        """Puts the name `module.attribute` on the stack, if it is one that may stand there."""
        text = f"{module}.{attribute}"
        if not isinstance(module, str) or not isinstance(attribute, str) or text not in self.names:
            raise CheckpointError(f"the name {text}, which is neither a tensor nor a plain container")
        self.stack.append(Name(text, self.names[text]))

    def call(self, keywords: bool = False) -> None:
        """Makes what the name on the stack stands for, from the arguments above it."""
        named, arguments, *more = self.take(3 if keywords else 2)
        if type(named) is not Name or type(arguments) is not tuple or any(more):
            raise CheckpointError(f"a call of {type(named).__name__}, which is no name")
        self.stack.append(named.make(*arguments))

    def build(self) -> None:
        """Gives the object on the stack the state above it."""
        held, state = self.take(2)
        if not hasattr(type(held), "build"):
            raise CheckpointError(f"a state for {type(held).__name__}, which has none")
        held.build(state)
        self.stack.append(held)

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
    "POP": lambda machine, _: machine.take(1),
    "POP_MARK": lambda machine, _: machine.gather(),
    "DUP": lambda machine, _: machine.stack.append(machine.stack[-1]),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.gather())),
    "TUPLE1": lambda machine, _: machine.stack.append(machine.take(1)),
    "TUPLE2": lambda machine, _: machine.stack.append(machine.take(2)),
    "TUPLE3": lambda machine, _: machine.stack.append(machine.take(3)),
    "LIST": lambda machine, _: machine.stack.append(machine.gather()),
    "DICT": lambda machine, _: machine.stack.append(_pairs(machine.gather())),
    "FROZENSET": lambda machine, _: machine.stack.append(frozenset(machine.gather())),
    "APPEND": lambda machine, _: machine.add([*machine.take(1)]),
    "APPENDS": lambda machine, _: machine.add(machine.gather()),
    "ADDITEMS": lambda machine, _: machine.add(machine.gather()),
    "SETITEM": lambda machine, _: machine.assign(machine.take(2)),
    "SETITEMS": lambda machine, _: machine.assign(machine.gather()),
    "GLOBAL": lambda machine, argument: machine.name(*argument.split(" ", 1)),
    "STACK_GLOBAL": lambda machine, _: machine.name(*machine.take(2)),
    "REDUCE": lambda machine, _: machine.call(),
    "NEWOBJ": lambda machine, _: machine.call(),
    "NEWOBJ_EX": lambda machine, _: machine.call(keywords=True),
    "BUILD": lambda machine, _: machine.build(),
    "BINPERSID": lambda machine, _: machine.stack.append(machine.look_up(*machine.take(1))),
    "MEMOIZE": lambda machine, _: machine.keep(len(machine.memo)),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _Machine.keep),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Machine.fetch),
}


def read_pickle(stream: IO[bytes], names: Mapping[str, Constructor], look_up: Constructor | None = None) -> Any:
    """Returns what the pickle at the place of `stream` describes.

    `names` are all that may stand in it, as `module.attribute`, each with what stands for it here; `look_up` makes
    what the pickle says is kept outside of it.

    Raises:
        CheckpointError: it names something else, has an instruction that checkpoints do not need, or is damaged.
    """
    try:
        return _Machine(names, look_up or _refuse).run(stream)
    except CheckpointError:
        raise
    except Exception as error:  # whatever a damaged file makes of our own checks
        raise CheckpointError(f"damaged: {type(error).__name__}: {error}") from None


def _refuse(identity: Any) -> Any:
    raise CheckpointError("something that is kept outside of the file")
