"""A condition on pairs, as a user writes it: comparisons of columns, joined by and, or, not.

The text is parsed, never run: only the kinds of expression that are named here pass.
"""

import ast
import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from repose.errors import ReposeError, nearest

LONGEST = 1000  # letters of a condition
Values = NDArray[Any]
Mask = NDArray[np.bool_]

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_FOR_TEXT = (ast.Eq, ast.NotEq)
_GRAMMAR = "write comparisons such as 'view_change > 90 and not visible_share >= 0.5'"


@dataclass(frozen=True)
class Condition:
    """A condition that was understood.

    Attributes:
        text: As it was written.
        names: The columns that it looks at, in the order in which they stand there.
        tree: What it is made of, checked.
    """

    text: str
    names: tuple[str, ...]
    tree: ast.expr

    def holds(self, values: Mapping[str, Values]) -> tuple[Mask, Mask]:
        """Find the pairs that meet it.

        Args:
            values: (N,) of each of its columns; texts or numbers.

        Returns:
            Whether each pair meets it, and whether that is known: a pair that lacks the value of
            one of its columns is neither inside nor outside.

        Raises:
            ReposeError: bad-condition, where a text is compared like a number.
        """
        known = np.ones(len(next(iter(values.values()))), dtype=bool)
        for name in self.names:
            if values[name].dtype.kind == "f":
                known &= ~np.isnan(values[name])
        return _mask(self, self.tree, values) & known, known


def parse_condition(text: str, known: Collection[str]) -> Condition:
    """Understand a condition.

    Args:
        text: Comparisons (< <= > >= == !=) of columns and values, `and`, `or`, `not`,
            parentheses; texts in quotes. `method.score` is a method's own score.
        known: Names of the columns there are.

    Raises:
        ReposeError: bad-condition, with the place and the nearest name.
    """
    if len(text) > LONGEST:
        raise _bad(f"{len(text)} letters long", None, f"write at most {LONGEST}")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        place = f" at letter {error.offset}" if error.offset else " at its end"
        raise ReposeError(
            "bad-condition", f"not understood{place}: {error.msg}", mend=_hint(text)
        ) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise ReposeError("bad-condition", "not understood", mend=_GRAMMAR) from error
    names: list[str] = []
    try:
        _check_truth(tree, names, known)
    except RecursionError as error:
        raise ReposeError("bad-condition", "nested too deep", mend=_GRAMMAR) from error
    if not names:
        raise _bad("it looks at no column", None, f"known: {', '.join(sorted(known))}")
    return Condition(text.strip(), tuple(dict.fromkeys(names)), tree)


def _hint(text: str) -> str:
    if any(sign in text for sign in ("&", "|", "!")) and "!=" not in text:
        return "write and, or, not in words"
    if "=" in text and not any(sign in text for sign in ("==", "<=", ">=", "!=")):
        return "write == for equal"
    return _GRAMMAR


def _check_truth(node: ast.expr, names: list[str], known: Collection[str]) -> None:
    """Check that an expression is true or false, of kinds that are allowed."""
    match node:
        case ast.BoolOp():
            for value in node.values:
                _check_truth(value, names, known)
        case ast.UnaryOp(op=ast.Not()):
            _check_truth(node.operand, names, known)
        case ast.Compare() if all(type(op) in _COMPARE for op in node.ops):
            for value in (node.left, *node.comparators):
                _check_value(value, names, known)
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr()):
            raise _bad("'&' and '|' are not used here", node, "write and, or in words")
        case _:
            raise _bad(f"'{ast.unparse(node)}' compares nothing", node, _GRAMMAR)


def _check_value(node: ast.expr, names: list[str], known: Collection[str]) -> None:
    """Check that an expression is a column, a number or a text."""
    match node:
        case ast.Name() | ast.Attribute(value=ast.Name()):
            name = ast.unparse(node)
            if name not in known:
                raise _bad(f"no column '{name}'", node, nearest(name, known))
            names.append(name)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float())):
            pass
        case ast.Constant(value=int() | float() | str()) if not isinstance(node.value, bool):
            pass
        case _:
            said = f"'{ast.unparse(node)}' is no column, number or text"
            raise _bad(said, node, "texts stand in quotes")


def _mask(condition: Condition, node: ast.expr, values: Mapping[str, Values]) -> Mask:
    match node:
        case ast.BoolOp():
            masks = [_mask(condition, value, values) for value in node.values]
            join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
            return np.asarray(join.reduce(masks))
        case ast.UnaryOp():
            return ~_mask(condition, node.operand, values)
        case ast.Compare():
            sides = [node.left, *node.comparators]
            links = zip(sides[:-1], node.ops, sides[1:], strict=True)
            size = len(next(iter(values.values())))
            masks = [np.broadcast_to(_link(*link, values), (size,)) for link in links]
            return np.asarray(np.logical_and.reduce(masks))
    raise AssertionError(ast.dump(node))  # parse_condition lets nothing else pass


def _link(left: ast.expr, op: ast.cmpop, right: ast.expr, values: Mapping[str, Values]) -> Any:
    """Compare two sides, of which both are texts or both are numbers."""
    a, b = (_value(side, values) for side in (left, right))
    texts = [np.asarray(side).dtype.kind not in "fiub" for side in (a, b)]
    if any(texts) and not (all(texts) and isinstance(op, _FOR_TEXT)):
        which = ast.unparse(left if texts[0] else right)
        said = f"'{which}' is a text, and '{ast.unparse(right if texts[0] else left)}'"
        said = f"{said} is a number" if not all(texts) else f"'{which}' is a text"
        raise _bad(said, left, "compare texts with == or !=, in quotes")
    return _COMPARE[type(op)](a, b)


def _value(node: ast.expr, values: Mapping[str, Values]) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.UnaryOp(operand=ast.Constant(value=int() | float() as number)):
            return -number
    return values[ast.unparse(node)]


def _bad(said: str, node: ast.expr | None, mend: str) -> ReposeError:
    place = f" at letter {node.col_offset + 1}" if node is not None else ""
    return ReposeError("bad-condition", f"{said}{place}", mend=mend)
