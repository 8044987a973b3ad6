"""How many cells a clean text takes on a terminal, and where it may be cut."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

TAB_STOP: Final = 4
_NARROW: Final = re.compile("[ -~\u00a0-\u00ac\u00ae-\u02ff\u2010-\u2027]*")
"""One cell each and nothing that joins, in every version of Unicode: Latin letters, dashes, quotes, the ellipsis."""


def _is_narrow(text: str) -> bool:
    return text.isascii() or _NARROW.fullmatch(text) is not None


def width(text: str) -> int:
    """Cells of a clean text without line feeds and tabs; most need no tables, which take 10 ms to load."""
    if _is_narrow(text):
        return len(text)
    import wcwidth

    return wcwidth.width(text, control_codes="ignore")


def _graphemes(text: str) -> Iterator[str]:
    """The user-perceived characters of a text: no row ends inside one."""
    if _is_narrow(text):
        return iter(text)
    import wcwidth

    return wcwidth.iter_graphemes(text)


def fit(text: str, room: int) -> str:
    """A text in at most `room` cells; one that is too long ends in an ellipsis."""
    return text if width(text) <= room else cut(text, room - 1)[0].rstrip() + "…"


def cut(text: str, room: int) -> tuple[str, str]:
    """Split a text after at most `room` cells, but after one grapheme at least."""
    if _is_narrow(text):
        room = max(room, 1)
        return text[:room], text[room:]
    used = taken = 0
    for grapheme in _graphemes(text):
        used += width(grapheme)
        if used > room and taken:
            break
        taken += len(grapheme)
    return text[:taken], text[taken:]
