"""What is asked of the service: a session, what is said now, and the settings become one create request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from azresp.core.conversation import conversation_at, is_in
from azresp.core.events import dicts
from azresp.core.omissions import CHAIN, CIPHERTEXT, Omission, omissions, paired, without
from azresp.core.pictures import CALL, as_input
from azresp.core.seals import seals_in, since_seal
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
    "context_management": ("context_management",),
    "metadata": ("metadata",),
    "schema": ("text", "format"),
    "tools": ("tools",),
    "tool_choice": ("tool_choice",),
    "parallel_tool_calls": ("parallel_tool_calls",),
    "include": ("include",),
}


def setting_at(param: str) -> str:
    """The key of the setting that fills a field of the request, `reasoning.summary` say; the field where none does."""
    place = tuple(param.split("."))
    return next((key for key, one in _PLACES.items() if one == place), param)


def compose(
    session: Session,
    said: tuple[Wire, ...],
    settings: Mapping[str, object],
    *,
    origin: str = "",
    in_full: bool = False,
) -> Wire:
    """The create body that says `said` in `session`.

    It chains to the head by `previous_response_id` where the service at `origin` still knows that response and all
    that it was built on; otherwise, or if `in_full`, it carries the items of the whole path. Instructions are always
    sent: the service does not carry them over (facts.md 5).
    """
    body: Wire = {"model": settings["deployment"]}
    for key, place in _PLACES.items():
        value = settings.get(key)
        if value is not None and value != {}:
            _put(body, place, value)
    if settings.get("store") is False and Omission(CIPHERTEXT, body["model"]) not in omissions(session):
        # Reasoning that the service does not keep comes back to us, to be sent again (facts.md 5).
        body["include"] = list(dict.fromkeys([*body.get("include", ()), CIPHERTEXT]))
    apart = in_full or settings.get("store") is False
    anchor = None if apart else chain_anchor(session, origin)
    if not apart and (ident := conversation_at(session, origin)):
        body["conversation"] = ident  # instead of previous_response_id: they exclude each other
        body["input"] = sent_again(session, origin, said, after=_last_in(session, ident))
    elif anchor is not None:
        body["previous_response_id"] = anchor
        body["input"] = list(said)
    else:
        body["input"] = sent_again(session, origin, said)
    body["stream"] = True
    return cast("Wire", mend_json(body))


def chain_anchor(session: Session, origin: str) -> str | None:
    """The response id that the next request can build on, if the service at `origin` has it."""
    last = session.last
    if last is None or last.deleted or not last.stored or not last.turn.id:
        return None
    if (last.origin and origin and last.origin != origin) or _has_gap(session, last):
        return None
    return last.turn.id


def _has_gap(session: Session, last: Exchange) -> bool:
    """Whether a response that the last one was built on is deleted at the service, or forgotten here.

    What such a chain still holds nobody has written down (facts.md 3.6); our own transcript holds what it should.
    """
    unchained = {one.where for one in omissions(session) if one.kind == CHAIN}
    seen = {last.id}
    while last.id not in unchained:
        told = last.turn.response.get("previous_response_id", "")
        before = session.exchanges.get(last.parent or "")
        if told is None or before is None or not before.turn.id or before.id in seen:
            return False
        if before.deleted:
            return True
        seen.add(before.id)
        last = before
    return True


def _last_in(session: Session, conversation: str) -> str:
    """The id of the last exchange that a conversation at the service holds; empty for none.

    What was said after it (store off for a while) it lacks, and nothing else: it must not get anything twice.
    """
    return next((one.id for one in reversed(session.path()) if is_in(one, conversation)), "")


def sent_again(
    session: Session, origin: str = "", said: Iterable[Wire] = (), *, after: str = ""
) -> list[Wire]:
    """The conversation of a session, or what comes `after` an exchange, as input items, and what is said now.

    Without what the service refused before, and what it compacted itself.
    """
    path = session.path()
    left_out = dict(zip((one.id for one in path), map(_unread, without(session, path)), strict=True))
    path = path[next((at for at, one in enumerate(path, 1) if one.id == after), 0) :]
    # A seal that was refused is worth nothing: then the words go again.
    path = in_view(
        [one for one in path if not (_is_sealed(one) and "compaction" in left_out[one.id])], origin
    )
    dropped = [left_out[one.id] for one in path]
    items = [
        item
        for exchange, left in zip(path, dropped, strict=True)
        for item in items_of([exchange], origin)
        if item.get("type") not in left
    ]
    return since_seal([*paired(items, frozenset().union(*dropped)), *said], seals_in(path))


def in_view(path: Iterable[Exchange], origin: str = "") -> tuple[Exchange, ...]:
    """What the model has before it: a path from the last compaction on that the service at `origin` can read."""
    kept = [one for one in path if not one.compaction or not origin or _is_readable(one, origin)]
    start = max((at for at, one in enumerate(kept) if one.compaction), default=0)
    return tuple(kept[start:])


def _is_readable(compaction: Exchange, origin: str) -> bool:
    return compaction.origin == origin or not _is_sealed(compaction)


def _is_sealed(exchange: Exchange) -> bool:
    return exchange.compaction and any("encrypted_content" in item for item in exchange.said)


def _unread(kinds: frozenset[str]) -> frozenset[str]:
    """Who can't read the reasoning can't read compactions either: one key seals both."""
    return kinds | {"compaction"} if "reasoning" in kinds else kinds


def items_of(path: Iterable[Exchange], origin: str = "") -> list[Wire]:
    """The conversation of a path as input items, for a service that does not know it.

    Ciphertext of reasoning goes back only to the `origin` that made it: nobody else can read it. A compaction says
    nothing new where what it stands for is on the path.
    """
    items: list[Wire] = []
    for at, exchange in enumerate(path):
        if at and exchange.compaction:
            continue
        foreign = bool(origin and exchange.origin and exchange.origin != origin)
        heard = (replay(item.to_wire()) for item in exchange.turn.items)
        found = [item for item in (*map(_said_again, exchange.said), *heard) if item is not None]
        items += [_elsewhere(item) for item in found if item.get("type") not in _SEALED] if foreign else found
    return items


_SEALED = ("reasoning", "compaction")
"""Items that hold nothing but what their maker can read."""


def left_behind(path: Iterable[Exchange], origin: str) -> tuple[int, int]:
    """How much can't go with a conversation to `origin`: reasoning that only its maker can read, and uploaded files."""
    foreign = [one for one in path if one.origin and one.origin != origin]
    sealed = [1 for one in foreign for item in one.turn.items if item.wire.get("encrypted_content")]
    files = [1 for one in foreign for item in one.said for part in _parts(item) if "file_id" in part]
    return len(sealed), len(files)


def _elsewhere(item: Wire) -> Wire:
    """An input item for another service than the one that has the files of its parts."""
    for place in ("content", "output"):
        if isinstance(parts := item.get(place), list) and any("file_id" in part for part in dicts(parts)):
            item = item | {place: [_GONE if "file_id" in part else part for part in dicts(parts)]}
    return item


_GONE = {"type": "input_text", "text": "(what was attached here is a file at another service)"}


def _parts(item: Wire) -> tuple[Wire, ...]:
    return (*dicts(item.get("content")), *dicts(item.get("output")))


def _said_again(item: Wire) -> Wire | None:
    """An input item for a service that does not know it: one fetched from a service has an id there."""
    kind = item.get("type", "message")
    if kind == "message" and item.get("role") != "assistant":
        return _without(item, "id", "status")
    if kind in _ANSWERS:
        return _without(item, "id")
    if (kind == "message" and not _is_heard(item)) or kind == "item_reference":
        return item
    return replay(item)


_ANSWERS = ("function_call_output", "custom_tool_call_output", "mcp_approval_response")


def _is_heard(message: Wire) -> bool:
    return any(part.get("type") in ("output_text", "refusal") for part in dicts(message.get("content")))


def _without(wire: Wire, *names: str) -> Wire:
    return {key: value for key, value in wire.items() if key not in names} if wire.keys() & {*names} else wire


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
        return _without(wire, "id", "status", *_PROJECT)
    if kind == CALL and not isinstance(wire.get("result"), str):
        return as_input(wire)
    return _without(wire, *_PROJECT)


_CALLED_BY_ID = ("reasoning", "function_call", "custom_tool_call")
"""Items that others refer to by call_id, or not at all."""

_PROJECT = ("partition_key", "created_by")
"""What a project's endpoint adds to items, and no request may have (wire-facts, Items)."""


def _replay_message(wire: Wire) -> Wire | None:
    content: list[Any] = []
    for part in dicts(wire.get("content")):
        match part:
            case {"type": "output_text", "text": str(text)}:
                cited = [one for one in map(_citation, dicts(part.get("annotations"))) if one]
                content.append({"type": "output_text", "text": text, "annotations": cited})
            case {"type": "refusal", "refusal": str(text)}:
                content.append({"type": "refusal", "refusal": text})
    if not content:
        return None
    phase = {"phase": wire["phase"]} if isinstance(wire.get("phase"), str) else {}
    return {"type": "message", "role": "assistant", "content": content} | phase


_CITED = {
    "url_citation": ("url", "title", "start_index", "end_index"),
    "file_citation": ("file_id", "filename", "index"),
    "container_file_citation": ("container_id", "file_id", "filename", "start_index", "end_index"),
    "file_path": ("file_id", "index"),
}


def _citation(annotation: Wire) -> Wire | None:
    """A citation with the fields that a request may have; None if one is missing."""
    names = _CITED.get(str(annotation.get("type")), ())
    if not names or any(annotation.get(name) is None for name in names):
        return None
    return {name: annotation[name] for name in ("type", *names)}


def _put(body: Wire, place: tuple[str, ...], value: object) -> None:
    for step in place[:-1]:
        body = body.setdefault(step, {})
    body[place[-1]] = value
