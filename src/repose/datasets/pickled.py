"""Pickles of arrays, read without unpickling: nothing that they name is ever called.

A pickle is a program for a stack machine. Only the few instructions that write dicts of arrays are
carried out here, on values of our own; the functions by which numpy restores an array are known by
name and done by hand. Every other instruction, and every other name, is refused.
"""

import mmap
import pickletools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from repose.datasets.arrays import Array, Form, Refused, kind, values

# What a program may hold at a time; iPER needs 120 MB and 1.5 million remembered values.
MOST_BYTES = 1 << 30
MOST_REMEMBERED = 8_000_000
MOST_STACKED = 100_000

# What numpy and Python write to restore arrays and, in old protocols, bytes.
_RESTORE = {"multiarray _reconstruct": "reconstruct", "numeric _frombuffer": "frombuffer"}
NAMES = {
    **{f"numpy.core.{name}": what for name, what in _RESTORE.items()},
    **{f"numpy._core.{name}": what for name, what in _RESTORE.items()},
    "numpy ndarray": "ndarray",
    "numpy dtype": "dtype",
    "_codecs encode": "encode",
}


def read_arrays(path: Path, *shapes: tuple[int, ...], facts: bool = False) -> Any:
    """Read dicts, nested to any depth, of float32 arrays.

    Args:
        path: A pickle of any protocol.
        shapes: An array must have one of them.
        facts: Numbers and texts may stand beside the arrays, and pairs of texts be keys.

    Returns:
        Dicts and, at their ends, values of `Array`.

    Raises:
        Refused: when anything else is in it.
    """
    size = path.stat().st_size
    if not 0 < size <= MOST_BYTES:
        raise Refused(f"it has {size} bytes, not 1 to {MOST_BYTES}")
    # A mapping gives what is there where a file would first make room for what is promised.
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            return _Machine(shapes, facts).run(data)
        except (ValueError, RecursionError) as error:
            raise Refused(str(error)) from error


@dataclass(frozen=True)
class _Name:
    """A name that a file may mention; it stands for no Python object."""

    what: str


_MARK = object()


@dataclass
class _Machine:
    """The stack machine, with no more instructions than dicts of arrays need."""

    shapes: tuple[tuple[int, ...], ...]
    facts: bool = False
    stack: list[Any] = field(default_factory=list)
    memory: dict[int, Any] = field(default_factory=dict)

    def run(self, data: mmap.mmap) -> Any:
        """Carry out a whole program and return what it leaves."""
        steps: Iterator[tuple[Any, Any, Any]] = pickletools.genops(data)  # type: ignore[arg-type]
        for instruction, value, _ in steps:
            name = instruction.name
            if name == "STOP":
                return self._pop()
            if name in _PLAIN:
                self.stack.append(_PLAIN[name](value))
            elif name in _STORE:
                self._remember(len(self.memory) if name == "MEMOIZE" else int(value))
            elif name in _FETCH:
                self.stack.append(self._recall(int(value)))
            elif name in _DO:
                _DO[name](self)
            elif name == "GLOBAL":
                self.stack.append(_named(*value.split(" ", 1)))
            elif name not in ("PROTO", "FRAME"):
                raise Refused(f"the instruction {name} ({str(value)[:80]})")
            if len(self.stack) > MOST_STACKED:
                raise Refused(f"more than {MOST_STACKED} values at a time")
        raise Refused("it is cut short")

    def _pop(self) -> Any:
        if not self.stack or self.stack[-1] is _MARK:
            raise Refused("it takes a value that is not there")
        return self.stack.pop()

    def _since_mark(self) -> list[Any]:
        for place in range(len(self.stack) - 1, -1, -1):
            if self.stack[place] is _MARK:
                values = self.stack[place + 1 :]
                del self.stack[place:]
                return values
        raise Refused("it takes values that are not there")

    def _remember(self, number: int) -> None:
        if len(self.memory) >= MOST_REMEMBERED:
            raise Refused(f"more than {MOST_REMEMBERED} values to remember")
        value = self._pop()
        self.stack.append(value)
        self.memory[number] = value

    def _recall(self, number: int) -> Any:
        if number not in self.memory:
            raise Refused("it recalls a value that was never there")
        return self.memory[number]

    def mark(self) -> None:
        """Remember a place on the stack."""
        self.stack.append(_MARK)

    def join(self, count: int | None = None) -> None:
        """Join the last values, or those since the mark, into a tuple."""
        values = self._since_mark() if count is None else [self._pop() for _ in range(count)][::-1]
        self.stack.append(tuple(values))

    def make_dict(self) -> None:
        """Make a dict of the values since the mark."""
        values = self._since_mark()
        self.stack.append({})
        self._put(values)

    def set_item(self) -> None:
        """Put the last value into the dict before it."""
        value, key = self._pop(), self._pop()
        self._put([key, value])

    def set_items(self) -> None:
        """Put the values since the mark into the dict before it."""
        self._put(self._since_mark())

    def _put(self, values: list[Any]) -> None:
        target = self._pop()
        if not isinstance(target, dict) or len(values) % 2:
            raise Refused("entries of something that is no dict")
        for key, value in zip(values[::2], values[1::2], strict=True):
            known = type(key) in (str, int) and type(value) in (dict, Array)
            if not known and not (self.facts and _is_fact(key, value)):
                raise Refused(f"an entry {kind(key)}: {kind(value)}")
            target[key] = value
        self.stack.append(target)

    def name(self) -> None:
        """Look up a name given as two texts."""
        name, module = self._pop(), self._pop()
        self.stack.append(_named(str(module), str(name)))

    def call(self) -> None:
        """Do by hand what one of the known names does."""
        arguments, name = self._pop(), self._pop()
        if not isinstance(name, _Name) or type(arguments) is not tuple:
            raise Refused(f"a call of {kind(name)}")
        if name.what == "reconstruct":
            self.stack.append(Array())
        elif name.what == "dtype":
            self.stack.append(Form(_text(arguments[:1])))
        elif (
            name.what == "encode" and len(arguments) == 2 and arguments[1] in ("latin1", "latin-1")
        ):
            self.stack.append(_text(arguments[:1]).encode("latin-1"))
        elif name.what == "frombuffer" and len(arguments) == 4:
            data, form, shape, order = arguments
            self.stack.append(
                Array(values(data, form, shape, self.shapes, by_columns=order == "F"))
            )
        else:
            raise Refused(f"a call of {name.what} with {len(arguments)} values")

    def build(self) -> None:
        """Fill an array, or say the order of a format's bytes."""
        state, target = self._pop(), self._pop()
        if isinstance(target, Array) and type(state) is tuple and len(state) == 5:
            _, shape, form, by_columns, data = state
            target.values = values(data, form, shape, self.shapes, by_columns=by_columns is True)
        elif isinstance(target, Form) and type(state) is tuple and len(state) == 8:
            if state[2:5] != (None, None, None) or state[1] not in ("<", ">", "=", "|"):
                raise Refused("an array of records")
            target.order = state[1]
        else:
            raise Refused(f"a state for {kind(target)}")
        self.stack.append(target)


def _is_fact(key: Any, value: Any) -> bool:
    pair = type(key) is tuple and [type(part) for part in key] == [str, str]
    return (pair or type(key) is str) and type(value) in (dict, Array, int, str)


def _same(value: Any) -> Any:
    return value


# Instructions that put a plain value on the stack.
_PLAIN: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("BININT", "BININT1", "BININT2", "INT", "LONG", "LONG1"), _same),
    **dict.fromkeys(("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE"), _same),
    **dict.fromkeys(("SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8"), _same),
    "NONE": lambda _: None,
    "NEWTRUE": lambda _: True,
    "NEWFALSE": lambda _: False,
    "EMPTY_TUPLE": lambda _: (),
    "EMPTY_DICT": lambda _: {},
}
_STORE = frozenset(("MEMOIZE", "BINPUT", "LONG_BINPUT", "PUT"))
_FETCH = frozenset(("BINGET", "LONG_BINGET", "GET"))
_DO: dict[str, Callable[[_Machine], None]] = {
    "MARK": _Machine.mark,
    "TUPLE": _Machine.join,
    "TUPLE1": lambda machine: machine.join(1),
    "TUPLE2": lambda machine: machine.join(2),
    "TUPLE3": lambda machine: machine.join(3),
    "DICT": _Machine.make_dict,
    "SETITEM": _Machine.set_item,
    "SETITEMS": _Machine.set_items,
    "STACK_GLOBAL": _Machine.name,
    "REDUCE": _Machine.call,
    "BUILD": _Machine.build,
}


def _named(module: str, name: str) -> _Name:
    # Python 2 called it so, and protocols up to 2 still do.
    spelled = f"{module} {name}"
    if spelled not in NAMES:
        raise Refused(f"it names {module}.{name}")
    return _Name(NAMES[spelled])


def _text(values: tuple[Any, ...]) -> str:
    if len(values) != 1 or type(values[0]) is not str:
        raise Refused("a text is missing")
    return values[0]
