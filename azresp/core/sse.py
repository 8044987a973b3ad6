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


MAX_DEPTH = 200
"""Deeper JSON is no answer of the API, and would end in a RecursionError at whoever walks or writes it."""


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
    # Not json.loads(bytes): it guesses UTF-16 and lets surrogates through that were encoded as UTF-8.
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    try:
        wire = _JSON.decode(text)
    except (ValueError, RecursionError):
        # ValueError also covers numbers with thousands of digits.
        return None
    if not isinstance(wire, dict) or _too_deep(wire, text):
        return None
    if "\\ud" in text or "\\uD" in text:
        delta = wire.get("delta")
        wire = {key: mend_json(value) for key, value in wire.items()}
        if isinstance(delta, str):
            wire["delta"] = delta
    return cast("Wire", wire)


def _too_deep(wire: Wire, text: str) -> bool:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
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
        self._size = 0
        self._begun = False

    def feed(self, chunk: bytes) -> list[Wire]:
        """The events that `chunk` completes."""
        if not self._begun:
            chunk = self._without_mark(chunk)
        if not self._ends_event(chunk):
            self._keep(chunk)
            return []
        # Nor is what came before searched again: that alone takes 0.2 s for a picture of 20 MB.
        before = self._take()
        first, *blocks = _BLANK_LINE.split(before[-3:] + chunk)
        blocks.insert(0, before[:-3] + first)
        del before  # a picture is held often enough while it is decoded
        self._keep(blocks.pop())
        return [wire for block in blocks if (wire := _event(block)) is not None]

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

    def _ends_event(self, chunk: bytes) -> bool:
        # Looking at new bytes only keeps one 20 MB event in small chunks linear.
        if b"\n\n" in chunk:
            return True
        last = b"".join(self._pieces[-3:])[-3:]
        return _BLANK_LINE.search(last + chunk) is not None

    def _take(self) -> bytes:
        buffer = b"".join(self._pieces)
        self._pieces, self._size = [], 0
        return buffer

    def _keep(self, chunk: bytes) -> None:
        if not chunk:
            return
        self._size += len(chunk)
        if self._size > self._limit:
            raise EventTooLarge
        self._pieces.append(chunk)


def _event(block: bytes) -> Wire | None:
    data = _data(block)
    return None if data is None else decode(data)


def _data(block: bytes) -> bytes | None:
    lines = _LINE.split(block) if b"\r" in block else block.split(b"\n")
    data = [line.removeprefix(b"data:").removeprefix(b" ") for line in lines if line.startswith(b"data:")]
    return b"\n".join(data) if data else None
