"""Text that grows: an append-only value whose copies share their pieces, and the mending of lone surrogates."""

from __future__ import annotations

import re
from itertools import chain

_SURROGATE = re.compile("[\ud800-\udfff]")


def mend(text: str) -> str:
    """Join surrogate pairs that arrived apart; every surrogate left alone becomes U+FFFD.

    A lone surrogate is legal in JSON but can't be written to a terminal, a database or the next request.
    """
    if _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def mend_json(value: object) -> object:
    """Mend every string, key and value, inside decoded JSON."""
    if isinstance(value, str):
        return mend(value)
    if isinstance(value, list):
        return [mend_json(one) for one in value]
    if isinstance(value, dict):
        return {mend(str(key)): mend_json(one) for key, one in value.items()}
    return value


def first_line(text: str, most: int = 1000) -> str:
    """The first line that says something, cut to `most` characters with an ellipsis."""
    line = text.strip().partition("\n")[0]
    return line if len(line) <= most else line[: most - 1] + "…"


class Grown:
    """A text as far as it was heard. `plus` gives a longer one without copying, so n deltas cost n steps.

    Successive values share one list of pieces and each remembers how many characters are its own; growing a value
    that is not the newest copies its text first. Two values are equal when their texts are.
    """

    __slots__ = ("_length", "_shared")

    def __init__(self, text: str = "") -> None:
        self._shared = _Pieces(text)
        self._length = len(text)

    def plus(self, delta: str) -> Grown:
        """This text and `delta` behind it."""
        if not delta:
            return self
        longer = Grown.__new__(Grown)
        longer._shared = self._shared if self._shared.length == self._length else _Pieces(self.raw)
        longer._shared.add(delta)
        longer._length = self._length + len(delta)
        return longer

    def since(self, earlier: Grown) -> str | None:
        """What was added after `earlier`, unmended; None if this text is not a continuation of it."""
        if earlier._shared is self._shared and earlier._length <= self._length:
            return self._shared.between(earlier._length, self._length)
        before, now = earlier.raw, self.raw
        return now[len(before) :] if now.startswith(before) else None

    @property
    def raw(self) -> str:
        """The text exactly as heard; surrogate pairs may still be in two halves."""
        return self._shared.between(0, self._length)

    def __str__(self) -> str:
        return mend(self.raw)

    def __bool__(self) -> bool:
        return self._length > 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Grown) and (self is other or str(self) == str(other))

    def __hash__(self) -> int:
        return hash(str(self))

    def __repr__(self) -> str:
        return f"Grown({str(self)!r})"


_JOINED = 256
"""So many small pieces become one: a delta of five characters takes 54 bytes as a string of its own."""


class _Pieces:
    """The pieces of a text that only ever grows at its end."""

    __slots__ = ("_large", "_small", "length")

    def __init__(self, text: str) -> None:
        self._large = [text] if text else []
        self._small: list[str] = []
        self.length = len(text)

    def add(self, delta: str) -> None:
        self._small.append(delta)
        self.length += len(delta)
        if len(self._small) >= _JOINED:
            self._large.append("".join(self._small))
            self._small.clear()

    def between(self, start: int, end: int) -> str:
        """The characters from `start` to `end`; costs what lies behind `start`, not the whole text."""
        found: list[str] = []
        at = self.length
        for piece in chain(reversed(self._small), reversed(self._large)):
            if at <= start:
                break
            at -= len(piece)
            found.append(piece)
        found.reverse()
        text = "".join(found)
        return text[max(start - at, 0) : end - at]
