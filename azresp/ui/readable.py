"""Arguments for people: how many there are, and what their strings say where ASCII JSON can't show it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from azresp.ui.counting import counted
from azresp.ui.sink import clean_line, invisible

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def count_line(shown: str) -> str:
    """`7 keys, 48,213 characters`: a key that was scrolled away is missed."""
    value = _value(shown)
    size = counted(len(shown), "character")
    if isinstance(value, dict):
        inner = _keys(value)
        nested = f" ({inner:,} with the nested ones)" if inner != len(value) else ""
        return f"{counted(len(value), 'key')}{nested}, {size}"
    if isinstance(value, list):
        return f"{counted(len(value), 'element')}, {size}"
    return size


def reading_lines(shown: str) -> list[str]:
    """A line for each string that holds more than visible ASCII: `city reads: 北京 · 3 invisible characters`."""
    return [
        f"{what} reads: {clean_line(text)}{_hidden(text)}"
        for what, text in _strings(_value(shown))
        if not text.isascii() or invisible(text)
    ]


def long_texts(shown: str) -> list[tuple[str, str]]:
    """The strings of several lines, which one line of JSON makes hard to read, with what each of them is."""
    return [(what, text) for what, text in _strings(_value(shown)) if "\n" in text.strip("\n")]


def named(name: str) -> str:
    """A name as it is if it is one plain word, else in quotation marks: so it can't pass for our own words."""
    if re.fullmatch(r"[A-Za-z0-9_.:/-]+", name):
        return name
    return '"' + clean_line(name).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _hidden(text: str) -> str:
    count = invisible(text)
    return f" · {counted(count, 'invisible character')}" if count else ""


def _value(shown: str) -> object:
    try:
        return json.loads(shown)
    except (ValueError, RecursionError):
        return None


def _keys(value: object) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(_keys, value.values()))
    return sum(map(_keys, value)) if isinstance(value, list) else 0


def _strings(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every string, keys too, with where it stands."""
    match value:
        case str():
            yield path or "it", value
        case list():
            for at, one in enumerate(value):
                yield from _strings(one, f"{path}[{at}]")
        case dict():
            for key, one in value.items():
                step = key if _PLAIN_KEY.fullmatch(key) else json.dumps(key)
                here = f"{path}.{step}" if path else step
                yield f"the key {here}", key
                yield from _strings(one, here)
