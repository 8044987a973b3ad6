"""Small sums, worked out and not guessed."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable

_WORDS = {
    "plus": "+",
    "minus": "-",
    "times": "*",
    "multiplied by": "*",
    "divided by": "/",
    "over": "/",
    "to the power of": "**",
    "×": "*",
    "÷": "/",
    "−": "-",
    "^": "**",
}
_SUM = re.compile(r"[-(\s]*\d[\d.,]*(?:\s*\)*\s*(?:\*\*|//|[-+*/%])\s*[-(\s]*\d[\d.,]*\)*)+")
_OPERATORS: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}


def find_sum(text: str) -> tuple[str, float] | None:
    """The first sum in `text` and its value; None where there is none or it has no value."""
    plain = text.lower()
    for word, sign in _WORDS.items():
        plain = plain.replace(word, sign)
    plain = re.sub(r"(?<=\d)\s*%\s*of\s+(?=\d)", " / 100 * ", plain)
    plain = re.sub(r"(?<=\d)\s*x\s*(?=\d)", " * ", plain)
    found = _SUM.search(plain)
    if found is None:
        return None
    written = re.sub(r"(?<=\d),(?=\d{3})", "", found.group()).strip().rstrip(".,")
    try:
        return " ".join(written.split()), _value(ast.parse(written, mode="eval").body)
    except (SyntaxError, ValueError, ArithmeticError, KeyError):
        return None


def _value(node: ast.AST) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner)
        case ast.BinOp(left=left, op=sign, right=right):
            first, second = _value(left), _value(right)
            if isinstance(sign, ast.Pow) and (abs(second) > 64 or abs(first) > 10**6):
                raise ValueError("too big to work out here")
            return _OPERATORS[type(sign)](first, second)
        case _:
            raise ValueError("not a sum")
