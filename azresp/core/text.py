"""Text that grows: an append-only value whose copies share their pieces, and the mending of lone surrogates."""

from __future__ import annotations

import re

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


class Grown:
    """A text as far as it was heard. `plus` gives a longer one without copying, so n deltas cost n steps.

    Successive values share one list of pieces and each remembers how many of them are its own; growing a value
    that is not the newest copies its pieces first. Two values are equal when their texts are.
    """

    __slots__ = ("_count", "_pieces")

    def __init__(self, text: str = "") -> None:
        self._pieces: list[str] = [text] if text else []
        self._count = len(self._pieces)

    def plus(self, delta: str) -> Grown:
        """This text and `delta` behind it."""
        if not delta:
            return self
        longer = Grown.__new__(Grown)
        pieces = self._pieces
        if len(pieces) != self._count:
            pieces = pieces[: self._count]
        pieces.append(delta)
        longer._pieces = pieces
        longer._count = self._count + 1
        return longer

    def since(self, earlier: Grown) -> str | None:
        """What was added after `earlier`, unmended; None if this text is not a continuation of it."""
        if earlier._pieces is self._pieces and earlier._count <= self._count:
            return "".join(self._pieces[earlier._count : self._count])
        before, now = earlier.raw, self.raw
        return now[len(before) :] if now.startswith(before) else None

    @property
    def raw(self) -> str:
        """The text exactly as heard; surrogate pairs may still be in two halves."""
        return "".join(self._pieces[: self._count])

    def __str__(self) -> str:
        return mend(self.raw)

    def __bool__(self) -> bool:
        return self._count > 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Grown) and (self is other or str(self) == str(other))

    def __hash__(self) -> int:
        return hash(str(self))

    def __repr__(self) -> str:
        return f"Grown({str(self)!r})"
