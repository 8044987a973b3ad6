"""JSON that means one thing only: strictly read, and written in one form that a person can check.

What an approval shows is this form, and this form is what runs: two readers of `{"a": 1, "a": 2}` may see two things.
"""

from __future__ import annotations

import hashlib
import json
from typing import NoReturn

from azresp.core.sse import MAX_DEPTH
from azresp.core.text import mend_json

LARGEST_CHARS = 4 * 1024 * 1024
"""Longer arguments are no call of a function but an attack on whoever has to read them."""


class NotStrict(ValueError):
    """A text is no JSON, or JSON that readers could take in different ways. The message says why, in one phrase."""


def strict_json(text: str) -> object:
    """The value of a JSON text. Raises NotStrict: not JSON, keys that stand twice, NaN, too deep or too long."""
    if len(text) > LARGEST_CHARS:
        raise NotStrict(f"longer than {LARGEST_CHARS:,} characters")
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_number)
    except NotStrict:
        raise
    except RecursionError:
        raise NotStrict(f"nested deeper than {MAX_DEPTH} levels") from None
    except ValueError as error:
        raise NotStrict(f"not JSON: {error}") from None
    if _depth(value) > MAX_DEPTH:
        raise NotStrict(f"nested deeper than {MAX_DEPTH} levels")
    return mend_json(value)


def canonical(value: object) -> str:
    """JSON in ASCII, indented, keys in the order given: nothing in it can hide or act."""
    return json.dumps(value, indent=2, ensure_ascii=True, allow_nan=False)


def fingerprint(*values: object) -> str:
    """A hash of JSON values that changes with anything in them but the order of keys."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise NotStrict(f"the key {json.dumps(key)} stands in it twice")
        found[key] = value
    return found


def _no_number(name: str) -> NoReturn:
    raise NotStrict(f"{name} is no number of JSON")


def _number(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise NotStrict(f"{text} is larger than any number can be")
    return value


def _depth(value: object) -> int:
    depth, level = 0, [value]
    while level and depth <= MAX_DEPTH:
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        depth += 1
    return depth
