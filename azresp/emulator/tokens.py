"""A stand-in for a tokenizer: good enough to count, cut and pace.

A token is a word of up to 9 letters with the space before it, up to 3 digits, up to 2 wide characters, a run of
white space, or any other single character. English text comes to some 4.5 characters a token, as with the real ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_TOKEN = re.compile(
    r"[\u2e80-\u9fff\uac00-\ud7ff\uff00-\uffef]{1,2}| ?[^\W\d_\u2e80-\u9fff\uac00-\ud7ff]{1,9}| ?\d{1,3}|\s{1,16}|.",
    re.DOTALL,
)
_PER_ITEM = 4
"""Tokens that an item costs besides its text: role and separators."""


def split(text: str) -> Iterator[str]:
    """The tokens of `text`; joined they are `text` again."""
    for match in _TOKEN.finditer(text):
        yield match.group()


def count(text: str) -> int:
    return sum(1 for _ in _TOKEN.finditer(text))


def count_items(items: Sequence[Mapping[str, Any]]) -> int:
    """Tokens that these input or output items cost as context."""
    return sum(_PER_ITEM + sum(map(count, _texts(item))) for item in items)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case {"text": str(text)} | {"refusal": str(text)} | {"output": str(text)} | {"arguments": str(text)}:
            yield text
        case {"content": str(text)}:
            yield text
        case {"content": list(parts)} | {"summary": list(parts)} | {"output": list(parts)}:
            for part in parts:
                yield from _texts(part)
        case _:
            return
