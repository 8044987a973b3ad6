"""One segment of a path: whatever an id holds, it names nothing beyond itself."""

from __future__ import annotations

from urllib.parse import quote

from azresp.errors import UsageError


def segment(ident: str, noun: str, hint: str) -> str:
    """The id as a segment. Raises UsageError for one that is empty or only dots: `noun` is what it should be of."""
    if ident.strip(". ") == "":
        raise UsageError(f"{ident!r} is no {noun} id", hint)
    return quote(ident, safe="", errors="replace")
