"""What is asked of the service: a session, what is said now, and the settings become one create request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from azresp.core.events import dicts
from azresp.core.pictures import CALL, as_input
from azresp.core.session import Exchange, Session
from azresp.core.sse import Wire
from azresp.core.text import mend_json

_PLACES: Mapping[str, tuple[str, ...]] = {
    # setting key: where it stands in the create body (facts.md 3.1)
    "instructions": ("instructions",),
    "reasoning_effort": ("reasoning", "effort"),
    "reasoning_summary": ("reasoning", "summary"),
    "verbosity": ("text", "verbosity"),
    "temperature": ("temperature",),
    "top_p": ("top_p",),
    "max_output_tokens": ("max_output_tokens",),
    "store": ("store",),
    "background": ("background",),
    "truncation": ("truncation",),
    "metadata": ("metadata",),
    "schema": ("text", "format"),
    "tools": ("tools",),
    "tool_choice": ("tool_choice",),
    "parallel_tool_calls": ("parallel_tool_calls",),
    "include": ("include",),
}
REQUEST_SETTINGS = frozenset(_PLACES)
"""The setting keys that change a request."""


def compose(
    session: Session,
    said: tuple[Wire, ...],
    settings: Mapping[str, object],
    *,
    origin: str = "",
    in_full: bool = False,
) -> Wire:
    """The create body that says `said` in `session`.

    It chains to the head by `previous_response_id` where the service at `origin` still knows that response;
    otherwise, or if `in_full`, it carries the items of the whole path. Instructions are always sent: the service
    does not carry them over (facts.md 5).
    """
    body: Wire = {"model": settings["deployment"]}
    for key, place in _PLACES.items():
        value = settings.get(key)
        if value is not None and value != {}:
            _put(body, place, value)
    anchor = None if in_full or settings.get("store") is False else chain_anchor(session, origin)
    if anchor is not None:
        body["previous_response_id"] = anchor
        body["input"] = list(said)
    else:
        body["input"] = [*items_of(session.path(), origin), *said]
    body["stream"] = True
    return cast("Wire", mend_json(body))


def chain_anchor(session: Session, origin: str) -> str | None:
    """The response id that the next request can build on, if the service at `origin` has it."""
    last = session.last
    if last is None or last.deleted or not last.stored or not last.turn.id:
        return None
    return last.turn.id if not last.origin or not origin or last.origin == origin else None


def items_of(path: Iterable[Exchange], origin: str = "") -> list[Wire]:
    """The conversation of a path as input items, for a service that does not know it.

    Ciphertext of reasoning goes back only to the `origin` that made it: nobody else can read it.
    """
    items: list[Wire] = []
    for exchange in path:
        items.extend(exchange.said)
        foreign = bool(origin and exchange.origin and exchange.origin != origin)
        for item in exchange.turn.items:
            replayed = replay(item.to_wire())
            if replayed is not None and not (foreign and item.kind == "reasoning"):
                items.append(replayed)
    return items


def replay(wire: Wire) -> Wire | None:
    """An output item as input for a service that does not hold it; None for what can't be sent back.

    The ids of reasoning, messages and calls go: one that the service does not hold is refused (`Item with id … not
    found`). What a tool of the service did keeps its own, as recorded traffic has it; an approval is answered by it.
    A reasoning item means something to the service only with its ciphertext.
    """
    kind = wire.get("type")
    if not kind:
        return None
    if kind == "reasoning" and not wire.get("encrypted_content"):
        return None
    if kind == "message":
        return _replay_message(wire)
    if kind in _CALLED_BY_ID:
        return {key: value for key, value in wire.items() if key not in ("id", "status")}
    if kind == CALL and isinstance(wire.get("result"), dict):
        return as_input(wire)
    return dict(wire)


_CALLED_BY_ID = ("reasoning", "function_call", "custom_tool_call")
"""Items that others refer to by call_id, or not at all."""


def _replay_message(wire: Wire) -> Wire | None:
    content: list[Any] = []
    for part in dicts(wire.get("content")):
        match part:
            case {"type": "output_text", "text": str(text)}:
                content.append({"type": "output_text", "text": text, "annotations": []})
            case {"type": "refusal", "refusal": str(text)}:
                content.append({"type": "refusal", "refusal": text})
    if not content:
        return None
    phase = {"phase": wire["phase"]} if isinstance(wire.get("phase"), str) else {}
    return {"type": "message", "role": "assistant", "content": content} | phase


def _put(body: Wire, place: tuple[str, ...], value: object) -> None:
    for step in place[:-1]:
        body = body.setdefault(step, {})
    body[place[-1]] = value
