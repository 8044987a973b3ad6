"""A text that matches a regular expression, for schemas with a `pattern`."""

from __future__ import annotations

import re
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

_CLASSES = {op.CATEGORY_DIGIT: "1", op.CATEGORY_SPACE: " ", op.CATEGORY_WORD: "a"}
_KINDS = {op.CATEGORY_DIGIT: r"\d", op.CATEGORY_SPACE: r"\s"}
_CANDIDATES = "aA1-_ .!~é"


def matching(pattern: str) -> str:
    """The shortest plain match that comes to mind; "example" for a pattern beyond this."""
    try:
        text = _walk(_parser.parse(pattern))
        return text if re.search(pattern, text) else "example"
    except (re.error, KeyError, ValueError, RecursionError):
        return "example"


def _walk(parsed: Any) -> str:
    return "".join(_one(kind, value) for kind, value in parsed)


def _one(kind: Any, value: Any) -> str:
    if kind is op.LITERAL:
        return chr(value)
    if kind is op.NOT_LITERAL:
        return next(c for c in _CANDIDATES if ord(c) != value)
    if kind is op.ANY:
        return "a"
    if kind is op.IN:
        return _member(value)
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT):
        least, most, inner = value
        return _walk(inner) * (least if least or most == 0 else 1)
    if kind is op.SUBPATTERN:
        return _walk(value[-1])
    if kind is op.BRANCH:
        return _walk(value[1][0])
    if kind is op.AT:
        return ""
    raise ValueError(kind)


def _member(choices: Any) -> str:
    kind, value = choices[0]
    if kind is op.NEGATE:
        return next(c for c in _CANDIDATES if not _in(choices[1:], c))
    if kind is op.LITERAL:
        return chr(value)
    if kind is op.RANGE:
        return chr(value[0])
    return _CLASSES[value]


def _in(choices: Any, char: str) -> bool:
    for kind, value in choices:
        if kind is op.LITERAL and ord(char) == value:
            return True
        if kind is op.RANGE and value[0] <= ord(char) <= value[1]:
            return True
        if kind is op.CATEGORY and re.match(_KINDS.get(value, r"\w"), char):
            return True
    return False
