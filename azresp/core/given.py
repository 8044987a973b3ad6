"""Input items that somebody wrote or exported: any list of objects, as the API has them."""

from __future__ import annotations

import json
from typing import Any

from azresp.core.pictures import kept_from, unforged
from azresp.core.session import said_text
from azresp.core.sse import Wire
from azresp.errors import UsageError

_FORM = 'Give a JSON list of input items: [{"role": "user", "content": "hi"}]; `azresp sessions export` writes one.'


def read_items(text: str, place: str) -> tuple[Wire, ...]:
    """The items of a JSON text; `place` names it in errors. Raises UsageError.

    Nothing in it can name a file of this machine: references to kept pictures are ours alone.
    """
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        why = (
            f"line {error.lineno}: {error.msg}"
            if isinstance(error, json.JSONDecodeError)
            else "nested too deep"
        )
        raise UsageError(f"{place}: not JSON: {why}", _FORM) from None
    if not isinstance(found, list):
        raise UsageError(f"{place}: not a list of items", _FORM)
    for number, item in enumerate(found, 1):
        if not isinstance(item, dict):
            raise UsageError(f"{place}: item {number} is not an object", _FORM)
        if not isinstance(item.get("type", ""), str) or not (item.get("type") or item.get("role")):
            raise UsageError(f"{place}: item {number} has neither a type nor a role", _FORM)
    if not found:
        raise UsageError(f"{place}: the list is empty", _FORM)
    return tuple(_honest(item) for item in found)


def _honest(item: Wire) -> Wire:
    item = unforged(item)
    return {key: value for key, value in item.items() if kept_from(value) is None}


def first_words(items: tuple[Wire, ...]) -> str:
    """What the user said first: a session is called by it."""
    return next((text for item in items if item.get("role") == "user" and (text := said_text(item))), "")
