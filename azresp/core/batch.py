"""Many prompts in one file: its lines, their ids, what becomes of a request that failed, and results."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from azresp.core.asks import asks
from azresp.core.canonical import NotStrict, fingerprint, strict_json
from azresp.core.formats import PromptLine, RequestBody, RequestLine
from azresp.core.retry import Wait, next_wait
from azresp.core.session import Exchange, message
from azresp.core.sse import Wire
from azresp.core.turn import INTERRUPTED
from azresp.errors import AzrespError, NetworkError, ServiceError, SignInError, UsageError

if TYPE_CHECKING:
    from azresp.core.formats import BatchError, BatchResult

PREFIX = "batch-"
"""Ids of the sessions that are batches begin so."""

UNKNOWN = "unknown"
"""Our own status: the request was sent, and nothing was heard of it."""
LOST = "lost"
"""Our own status: the service does not know the response (any more)."""

_OWN = frozenset(PromptLine.__annotations__)
_WRAPPED = frozenset(RequestLine.__annotations__)
_BODY = frozenset(RequestBody.__annotations__)
_LONGEST_PAUSE_S = 60.0
"""Where the service did not say how long the rate limit lasts."""


@dataclass(frozen=True, slots=True)
class Line:
    """One prompt of a batch."""

    number: int
    """of the file, from 1"""
    id: str
    """the user's own name for it, may be empty"""
    said: tuple[Wire, ...]
    extra: Wire = field(default_factory=dict)
    """what its request holds beside the settings, by the keys of the create body"""


def read_lines(text: str, name: str, longest: int) -> list[Line]:
    """The prompts of a JSON Lines file; empty lines are left out. Raises UsageError with the number of a wrong one."""
    found = []
    # Not splitlines: JSON strings may hold other separators as they are.
    for number, row in enumerate(text.split("\n"), 1):
        if row.strip():
            try:
                found.append(_line(number, strict_json(row), longest))
            except (NotStrict, ValueError) as error:
                raise UsageError(
                    f"{name}: line {number}: {error}",
                    'A line is a JSON string, or an object with "prompt" or "input". Nothing was sent.',
                ) from None
    if not found:
        raise UsageError(f"{name}: there is no prompt in it", "Write one JSON value to a line.")
    return found


def _line(number: int, value: Any, longest: int) -> Line:
    match value:
        case str():
            line = Line(number, "", _said(value))
        case {"body": dict() as body}:
            _only(value, _WRAPPED, "")
            _only(body, _BODY, "body.")
            if value.get("method", "POST") != "POST" or not str(value.get("url", "responses")).endswith(
                "responses"
            ):
                raise ValueError("it asks for something else than POST /responses")
            line = Line(number, _name(value), _said(body.get("input")), _extra(body))
        case dict():
            _only(value, _OWN, "")
            if "prompt" in value and ("input" in value or not isinstance(value["prompt"], str)):
                raise ValueError('"prompt" is a text, and excludes "input"')
            line = Line(number, _name(value), _said(value.get("prompt", value.get("input"))), _extra(value))
        case _:
            raise ValueError("neither a string nor an object")
    size = len(json.dumps(line.said, ensure_ascii=False))
    if size > longest:
        raise ValueError(f"it has {size:,} characters, more than one request can hold")
    return line


def _only(value: Mapping[str, object], known: frozenset[str], place: str) -> None:
    if strange := sorted(value.keys() - known):
        raise ValueError(f"{place}{strange[0]} is nothing that a line can have")


def _name(value: Mapping[str, object]) -> str:
    name = value.get("custom_id", value.get("id", ""))
    if not isinstance(name, str | int) or isinstance(name, bool):
        raise ValueError("its id must be a text or a number")
    return str(name)


def _extra(value: Mapping[str, object]) -> Wire:
    for key in ("model", "instructions"):
        if key in value and not isinstance(value[key], str):
            raise ValueError(f'"{key}" must be a text')
    return {key: value[key] for key in sorted(_BODY - {"input"}) if value.get(key) is not None}


def _said(value: Any) -> tuple[Wire, ...]:
    match value:
        case str() if value.strip():
            return (message(value),)
        case [*items] if items and all(isinstance(item, dict) for item in items):
            return tuple(items)
        case None:
            raise ValueError('it has neither "prompt" nor "input"')
    raise ValueError("its prompt is empty, or neither a text nor a list of items")


def batch_id(place: str, origin: str, body: Wire) -> str:
    """The id of the session for the file at `place`: another endpoint or another setting makes it another batch."""
    return PREFIX + fingerprint(place, origin, body)[:16]


def exchange_ids(batch: str, lines: Iterable[Line]) -> list[str]:
    """An id for each line, from what it asks and the how-many-th equal one it is: lines may move and be added."""
    seen: Counter[str] = Counter()
    found = []
    for line in lines:
        digest = fingerprint(list(line.said), line.extra)[:24]
        seen[digest] += 1
        found.append(f"{batch}-{digest}-{seen[digest]}")
    return found


# What becomes of a request that failed

Fate = Literal["stop", "refused", "unknown"]


def resend_wait(error: AzrespError, tried: int, spread: float) -> Wait | None:
    """How long all sending pauses before a request goes again; None if it does not.

    A rate limit is what a batch has to expect: it is waited for as long as it lasts.
    """
    match error:
        case ServiceError(should_retry=False) | ServiceError(code="insufficient_quota"):
            return None
        case ServiceError(status=429):
            told = error.retry_after_s
            return Wait(
                "rate limit", min(2.0**tried, _LONGEST_PAUSE_S) if told is None else told, tried + 1, 0
            )
    return next_wait(error, tried, safe=False, settling=False, spread=spread)


def fate(error: AzrespError, *, own_model: bool) -> Fate:
    """What a failure that is not repeated means: for the whole batch, for this line, or that nobody knows.

    `own_model`: the line names its deployment itself, and one that is not there is its own fault.
    """
    match error:
        case SignInError():
            return "stop"
        case ServiceError(status=404) if own_model:
            return "refused"
        case ServiceError(status=401 | 403 | 404 | 429):
            return "stop"
        case ServiceError(status=status) if status >= 500 or status in (0, 408, 409):
            return "refused" if error.should_retry else "unknown"
        case ServiceError():
            return "refused"
        case NetworkError(reached=True):
            return "unknown"
    return "stop"


def is_unknown(exchange: Exchange) -> bool:
    """Its request was sent, and nothing was heard of it."""
    return exchange.turn.status == INTERRUPTED and not exchange.turn.id


def is_refused(exchange: Exchange) -> bool:
    """The service did not take it, so it was not done."""
    return exchange.turn.status == "failed" and not exchange.turn.id


# Results


def result(line: Line, exchange: Exchange) -> BatchResult:
    """A line of the results."""
    turn = exchange.turn
    status = turn.status
    if status == INTERRUPTED:
        status = LOST if turn.id else UNKNOWN
    return {
        "line": line.number,
        "id": line.id or None,
        "response_id": turn.id or None,
        "status": status,
        "text": turn.text,
        "usage": turn.response.get("usage"),
        "error": _error(exchange),
    }


def _error(exchange: Exchange) -> BatchError | None:
    turn = exchange.turn
    fault = turn.fault
    if is_unknown(exchange):
        why = f" ({fault.message})" if fault is not None and fault.message else ""
        return {
            "code": "outcome_unknown",
            "message": f"outcome unknown{why}: it may run at the service, so it is not sent again by itself",
        }
    if fault is not None:
        return {"code": fault.code, "message": fault.message}
    if turn.status == "completed" and turn.refusal and not turn.text:
        return {"code": "refusal", "message": turn.refusal}
    if turn.status == "completed" and (waiting := asks(turn)):
        return {"code": "asks", "message": f"it waits for an answer to {waiting[0].tool}"}
    if turn.status == "completed":
        return None
    return {"code": turn.incomplete_reason or turn.status, "message": ""}
