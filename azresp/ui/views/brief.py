"""Short forms of what items hold: one line of JSON, the head of a text, an error's cause."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from azresp.core.events import dicts
from azresp.core.sse import Wire
from azresp.ui.counting import counted

LINE_CHARS = 200
"""So much of arguments stands in a line: the question about a call shows all of them."""
HEAD_ROWS = 5
HEAD_CHARS = 500
BASE64_CHARS = 1_000
"""Shorter ones are left as they are."""
_BASE64 = re.compile(r"(?:data:[^,]{0,200},)?[A-Za-z0-9+/=_-]++")


def word(wire: Wire, field: str) -> str:
    """A field that should be a string; empty for all else."""
    value = wire.get(field)
    return value if isinstance(value, str) else ""


def shortened(text: str, room: int = LINE_CHARS) -> str:
    """The text, or its beginning and how long it is."""
    return text if len(text) <= room else f"{text[:room]}… ({counted(len(text), 'character')})"


def json_line(text: str) -> str:
    """JSON text as one line of ASCII, shortened; what is no JSON as a JSON string."""
    try:
        return value_line(json.loads(text))
    except (ValueError, RecursionError):
        return value_line(text)


def value_line(value: object) -> str:
    """A JSON value as one line of ASCII, shortened."""
    try:
        return shortened(json.dumps(value))
    except (TypeError, ValueError, RecursionError):
        return "(not to be shown)"


def without_base64(value: object) -> object:
    """A JSON value to be read by people: pictures and files in it are only counted."""
    match value:
        case dict():
            return {key: without_base64(one) for key, one in value.items()}
        case list():
            return [without_base64(one) for one in value]
        case str() if len(value) > BASE64_CHARS and _BASE64.fullmatch(value):
            start = value[: value.find(",") + 1]
            return f"{start}… ({counted(len(value) - len(start), 'character')} of base64)"
    return value


def head(text: str, rows: int = HEAD_ROWS, chars: int = HEAD_CHARS) -> str:
    """The first rows of a text, and how much there is if that is not all."""
    lines = text[: chars + 1].split("\n")
    shown = "\n".join(lines[:rows])[:chars]
    if len(shown) == len(text):
        return shown
    return f"{shown.rstrip()}\n… ({counted(len(text), 'character')} in all)"


def cause(error: object) -> str:
    """An item's error, a string or an object, as one phrase."""
    if not isinstance(error, dict):
        return str(error) if error else "no reason given"
    kind = " ".join(str(error[key]) for key in ("type", "code") if error.get(key) not in (None, ""))
    texts = [word(error, "message"), *(word(part, "text") for part in dicts(error.get("content")))]
    said = " ".join(text for text in texts if text).strip()
    said = "" if said.strip(" :") == str(error.get("code")) else said
    if said and kind:
        return f"{said} ({kind})"
    return said or kind or "no reason given"


def listed(names: Iterable[str], room: int = 300) -> str:
    """Names with commas between them; how many more there are if they are too many."""
    names = list(names)
    shown = 0
    used = 0
    while shown < len(names) and (not shown or used + len(names[shown]) + 2 <= room):
        used += len(names[shown]) + 2
        shown += 1
    more = f" and {len(names) - shown:,} more" if shown < len(names) else ""
    return ", ".join(name[:room] for name in names[:shown]) + more
