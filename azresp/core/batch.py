"""A batch: lines of JSON that are asked one by one, each exactly once, and their results in the same order."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from azresp.core.canonical import canonical
from azresp.core.events import dicts
from azresp.core.session import Exchange, message
from azresp.core.sse import Wire

_KNOWN = {"prompt", "input", "id", "custom_id", "instructions", "model", "body", "method", "url"}
_SETTINGS = {"instructions": "instructions", "model": "deployment"}


class BadLine(ValueError):
    """A line that can't be asked; tells which and why."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a batch."""

    number: int
    """from 1"""
    label: str | None
    """the user's own id"""
    said: tuple[Wire, ...]
    settings: Mapping[str, object] = field(default_factory=dict)
    """what the line sets for itself"""
    key: str = ""
    """the same for the same line of the same batch, wherever it stands; equal lines are counted"""


def read_lines(text: str) -> list[Line]:
    """The lines of a batch file: JSON strings, objects with `prompt` or `input`, or OpenAI's batch form. BadLine."""
    seen: Counter[str] = Counter()
    found: list[Line] = []
    for number, raw in enumerate(text.splitlines(), 1):
        if not raw.strip():
            continue
        line = _read(number, raw)
        digest = hashlib.sha256(canonical([list(line.said), dict(line.settings)]).encode()).hexdigest()[:24]
        seen[digest] += 1
        key = f"{digest}-{seen[digest]}"
        found.append(Line(number, line.label, line.said, line.settings, key))
    return found


def _read(number: int, raw: str) -> Line:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadLine(f"line {number} is no JSON") from None
    if isinstance(value, str):
        value = {"prompt": value}
    if not isinstance(value, dict):
        raise BadLine(f"line {number} is neither a string nor an object")
    if unknown := sorted(set(value) - _KNOWN):
        raise BadLine(f"line {number}: {unknown[0]!r} is not known")
    label = value.get("custom_id", value.get("id"))
    inner = value.get("body", value)
    if not isinstance(inner, dict):
        raise BadLine(f"line {number}: body is no object")
    settings = {ours: inner[name] for name, ours in _SETTINGS.items() if isinstance(inner.get(name), str)}
    return Line(number, None if label is None else str(label), tuple(_said(number, inner)), settings)


def _said(number: int, inner: Wire) -> Iterator[Wire]:
    given = inner.get("prompt", inner.get("input"))
    if isinstance(given, str) and given.strip():
        yield message(given)
    elif isinstance(given, list) and given and len(dicts(given)) == len(given):
        yield from dicts(given)
    else:
        raise BadLine(
            f"line {number} has no prompt: give `prompt` a text, or `input` a text or a list of items"
        )


def batch_id(place: str, origin: str, settings: Mapping[str, object]) -> str:
    """The same for the same file asked of the same service in the same way; lines may be added to it."""
    told = canonical([place, origin, {key: value for key, value in settings.items() if value is not None}])
    return f"batch-{hashlib.sha256(told.encode()).hexdigest()[:20]}"


def result(line: Line, exchange: Exchange | None, *, whole: bool = False) -> dict[str, Any]:
    """What came of a line; None or a turn without an id: nobody knows whether the service did it."""
    turn = exchange.turn if exchange is not None else None
    if turn is None or (not turn.id and turn.status != "failed"):
        error: dict[str, Any] | None = {
            "code": "outcome_unknown",
            "message": "sent, and nothing was heard: the service may have done it",
        }
        return _row(line, "", "unknown", "", None, error)
    fault = turn.fault
    error = {"code": fault.code, "message": fault.message} if fault is not None else None
    row = _row(line, turn.id, turn.status, turn.text or turn.refusal, turn.response.get("usage"), error)
    return row | ({"response": turn.to_response()} if whole else {})


def _row(
    line: Line, ident: str, status: str, text: str, usage: object, error: dict[str, Any] | None
) -> dict[str, Any]:
    return {
        "line": line.number,
        "id": line.label,
        "response_id": ident or None,
        "status": status,
        "text": text,
        "usage": usage,
        "error": error,
    }
