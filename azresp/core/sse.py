"""Server-sent events without I/O: bytes in, decoded JSON objects out.

Written because the SDK's reader raises on legal streams (blocks with only `id:` or `retry:`, pings without data)
and is slow; see the reliability notes. The framing follows the HTML standard's event stream format.
"""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import Any, cast

from azresp.core.text import mend_json

Wire = dict[str, Any]
"""A JSON object as the service sent it."""

MAX_EVENT_BYTES = 64 * 1024 * 1024
"""One event may hold a whole picture in base64 (20 MB seen); beyond this the sender is not the API."""

# A CR that ends the buffer may be half of a CRLF; as the second line end it makes a blank line either way.
_BLANK_LINE = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r)")
_LINE = re.compile(rb"\r\n|\n|\r")
_MARK = b"\xef\xbb\xbf"
_TAIL = 3
"""Bytes of a blank line that a chunk may end with: all but one."""


MAX_DEPTH = 200
"""Deeper JSON is no answer of the API, and would end in a RecursionError at whoever walks or writes it."""

_LONG = 1_000_000
"""Characters of an event that is long because of a picture, not because it holds much."""


class EventTooLarge(Exception):
    """One event grew beyond MAX_EVENT_BYTES."""


def _finite(number: str) -> float | None:
    # NaN, Infinity and 1e999 are no JSON: written back, nobody else could read them.
    value = float(number)
    return value if isfinite(value) else None


_JSON = json.JSONDecoder(parse_float=_finite, parse_constant=_finite)


def decode(data: bytes) -> Wire | None:
    """The JSON object that the data of one event holds; None for `[DONE]`, damaged JSON and all else.

    Invalid UTF-8 becomes U+FFFD. Lone surrogates are mended except in `delta`, whose other half may still come.
    """
    return _read(_text(data))


def _text(data: bytes) -> str:
    # Not json.loads(bytes): it guesses UTF-16 and lets surrogates through that were encoded as UTF-8.
    return data.decode("utf-8", "replace").removeprefix("\ufeff")


def _read(text: str) -> Wire | None:
    try:
        wire = _JSON.decode(text)
    except (ValueError, RecursionError):
        # ValueError also covers numbers with thousands of digits.
        return None
    if not isinstance(wire, dict) or _too_deep(wire, text):
        return None
    # One character is found ten times as fast as three, and a picture has none.
    if "\\" in text and ("\\ud" in text or "\\uD" in text):
        delta = wire.get("delta")
        wire = {key: mend_json(value) for key, value in wire.items()}
        if isinstance(delta, str):
            wire["delta"] = delta
    return cast("Wire", wire)


def _too_deep(wire: Wire, text: str) -> bool:
    if len(text) < _LONG and text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    level: list[Any] = [wire]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


class EventReader:
    """Cuts a byte stream into events. Feed it pieces of any size; the results don't depend on how it was cut."""

    def __init__(self, limit: int = MAX_EVENT_BYTES) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []
        self._tail = b""
        """the last bytes: with what follows they may make a blank line"""
        self._size = 0
        self._begun = False

    def feed(self, chunk: bytes) -> list[Wire]:
        """The events that `chunk` completes."""
        if not self._begun:
            chunk = self._without_mark(chunk)
        # Looking at new bytes only keeps one 20 MB event in small chunks linear.
        chunk = self._tail + chunk
        if not _ends_event(chunk):
            self._keep(chunk)
            return []
        first, *blocks = _BLANK_LINE.split(chunk)
        blocks.insert(0, b"".join([*self._pieces, first]))
        self._pieces, self._tail, self._size = [], b"", 0
        self._keep(blocks.pop())
        blocks.reverse()
        wires: list[Wire] = []
        while blocks:
            # Popped: whoever reads a picture holds it alone, and often enough.
            if (wire := _event(blocks.pop())) is not None:
                wires.append(wire)
        return wires

    def finish(self) -> list[Wire]:
        """A last event that no blank line followed counts if its JSON is whole."""
        wire = _event(self._take())
        return [] if wire is None else [wire]

    def _without_mark(self, chunk: bytes) -> bytes:
        chunk = self._take() + chunk
        if len(chunk) < len(_MARK) and _MARK.startswith(chunk):
            return chunk
        self._begun = True
        return chunk.removeprefix(_MARK)

    def _take(self) -> bytes:
        buffer = b"".join([*self._pieces, self._tail])
        self._pieces, self._tail, self._size = [], b"", 0
        return buffer

    def _keep(self, chunk: bytes) -> None:
        """Keep a chunk that begins with the last tail."""
        self._size += len(chunk) - len(self._tail)
        if self._size > self._limit:
            raise EventTooLarge
        if len(chunk) > _TAIL:
            self._pieces.append(chunk[:-_TAIL])
        self._tail = chunk[-_TAIL:]


def _ends_event(chunk: bytes) -> bool:
    # Without a CR, which nobody sends, there is but one kind of blank line; the expression takes ten times as long.
    # Nor is a pair looked for before a single one is found: ten times again, in the midst of a picture.
    if b"\r" in chunk:
        return _BLANK_LINE.search(chunk) is not None
    return b"\n" in chunk and b"\n\n" in chunk


def _event(block: bytes) -> Wire | None:
    data = _data(block)
    if data is None:
        return None
    del block
    text = _text(data)
    del data
    return _read(text)


def _data(block: bytes) -> bytes | None:
    lines = _LINE.split(block) if b"\r" in block else block.split(b"\n")
    data = [line[6:] if line[5:6] == b" " else line[5:] for line in lines if line.startswith(b"data:")]
    return b"\n".join(data) if data else None
