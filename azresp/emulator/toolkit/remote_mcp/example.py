"""The MCP server that the emulator plays itself, at an address that can be nobody's: to try approvals with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

HOST = "mcp.example.com"
"""example.com is reserved (RFC 2606): no real server is ever hidden behind this one."""

_PAGES = {
    "tides": "Tides rise and fall twice a day, because the Moon and the Sun pull at the sea. Spring tides are highest.",
    "unicorns": "Unicorns are not in the collection. The narwhal in room 4 is often taken for one.",
    "opening hours": "The museum is open from 10 to 18 every day but Monday. On Thursdays it closes at 21.",
    "tickets": "A ticket costs 12 euros, 6 for students. Children pay nothing, unicorns neither.",
}


class Failed(Exception):
    """The call came to nothing; the text says why."""


def is_played(url: str) -> bool:
    """Whether a server's address is this one's."""
    return (urlsplit(url).hostname or "") == HOST


def tools() -> list[dict[str, Any]]:
    """Its tools, as the service lists them: one that only reads, and one that changes something."""
    return [
        _tool("search_docs", "Search the museum's pages", "query", "what to look for", read_only=True),
        _tool("leave_note", "Leave a note for the museum's staff", "text", "the note", read_only=False),
    ]


def call(name: str, arguments: str) -> str:
    """What a call gives. Raises Failed."""
    try:
        given = json.loads(arguments or "{}")
    except ValueError:
        given = None
    key = {"search_docs": "query", "leave_note": "text"}.get(name, "")
    text = given.get(key) if isinstance(given, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise Failed(f"{name} needs {key or 'to be a tool of this server'}")
    if name == "leave_note":
        return "Thank you, the note is on the door. (This server is part of the emulator: nobody reads it.)"
    return _found(text) or f"Nothing about {text!r}. There are pages about {', '.join(_PAGES)}."


def _found(query: str) -> str:
    words = {word for word in query.lower().split() if len(word) > 3}
    hits = [
        f"{title}: {text}"
        for title, text in _PAGES.items()
        if any(word.rstrip("s.,?!") in f"{title} {text}".lower() for word in words)
    ]
    return "\n".join(hits)


def _tool(name: str, told: str, argument: str, meaning: str, *, read_only: bool) -> dict[str, Any]:
    schema: Mapping[str, Any] = {
        "type": "object",
        "properties": {argument: {"type": "string", "description": meaning}},
        "required": [argument],
        "additionalProperties": False,
    }
    return {
        "annotations": {"read_only": read_only},
        "description": told,
        "input_schema": schema,
        "name": name,
    }
