"""One response, as far as we have heard of it: a fold over events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import assert_never

from azresp.core.events import (
    TERMINAL,
    Annotated,
    Event,
    Failed,
    Fault,
    ItemClosed,
    ItemOpened,
    PictureSketched,
    Silent,
    Snapshot,
    TextGrew,
    TextSettled,
    ToolMoved,
    dicts,
    fault_of,
)
from azresp.core.items import Item, item_from
from azresp.core.merge import merge
from azresp.core.pictures import CALL
from azresp.core.sse import Wire

INTERRUPTED = "interrupted"
"""Our own status: we stopped hearing before the service said how the response ended."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One response as far as heard."""

    id: str = ""
    status: str = ""
    """empty before the first event, then a status of the wire, or INTERRUPTED"""
    items: tuple[Item, ...] = ()
    """in output order"""
    cursor: int = -1
    """the last sequence_number heard"""
    response: Wire = field(default_factory=dict)
    """the last snapshot without its output"""
    fault: Fault | None = None

    @property
    def over(self) -> bool:
        """The service said how this response ended."""
        return self.status in TERMINAL

    @property
    def finished(self) -> bool:
        """It ended in a way that the next turn can build on (rule R11)."""
        return self.status in ("completed", "incomplete")

    @property
    def text(self) -> str:
        """The answer's text: all output_text of all messages."""
        return "".join(item.text("text") for item in self.items if item.kind == "message")

    @property
    def refusal(self) -> str:
        """What the model said instead of an answer."""
        return "".join(item.text("refusal") for item in self.items if item.kind == "message")

    @property
    def incomplete_reason(self) -> str:
        """`max_output_tokens`, `content_filter` or what the service names; empty otherwise."""
        details = self.response.get("incomplete_details")
        reason = details.get("reason") if isinstance(details, dict) else None
        return reason if isinstance(reason, str) else ""

    def to_response(self) -> Wire:
        """The response object as the service would print it, output included."""
        return self.response | {"output": [item.to_wire() for item in self.items]}


def advance(turn: Turn, event: Event) -> Turn:
    """The turn after one more event. Events heard before, and events after the end, change nothing."""
    seq = event.seq
    if isinstance(event, Failed):
        # Azure sends response.failed with error null and then the reason, sometimes without a number.
        return _fail(turn, event)
    if turn.over and not _tells_more(turn, event):
        return turn
    if seq is not None:
        if seq <= turn.cursor and not _ends(event):
            return turn
    elif isinstance(event, Silent):
        return turn
    return _step(turn, event)


def fold(events: Iterable[Event], turn: Turn | None = None) -> Turn:
    """Advance over all events."""
    turn = turn or Turn()
    for event in events:
        turn = advance(turn, event)
    return turn


def interrupt(turn: Turn) -> Turn:
    """The turn when its stream ended before the service said how it ended: never complete."""
    return turn if turn.over else replace(turn, status=INTERRUPTED)


def _step(turn: Turn, event: Event) -> Turn:
    match event:
        case TextGrew(seq, index, slot, at, delta):
            return _put(turn, seq, _item_at(turn, index, slot).grow(slot, at, delta))
        case Snapshot():
            return _snapshot(turn, event)
        case ItemOpened(seq, index, item):
            return _open(turn, seq, index, item)
        case ItemClosed(seq, index, item):
            return _put(turn, seq, _item_at(turn, index).close(item))
        case TextSettled(seq, index, slot, at, text, annotations):
            return _put(turn, seq, _item_at(turn, index, slot).settle(slot, at, text, annotations))
        case Annotated(seq, index, at, annotation):
            return _put(turn, seq, _item_at(turn, index).annotate(at, annotation))
        case ToolMoved(seq, index, phase):
            return _put(turn, seq, replace(_item_at(turn, index), phase=phase))
        case PictureSketched(seq, index, _, wire):
            call, ident = _item_at(turn, index, "picture"), str(wire.get("item_id") or "")
            return _put(turn, seq, call.sketched(ident, wire.get("partial_image_b64")))
        case Silent(seq):
            return _heard(turn, seq)
        case Failed():
            return _fail(turn, event)
    assert_never(event)


def _is_terminal(status: object) -> bool:
    return isinstance(status, str) and status in TERMINAL


def _ends(event: Event) -> bool:
    """An end counts even where its number is wrong: numbers that began again must not make it unheard."""
    return isinstance(event, Snapshot) and _is_terminal(event.response.get("status"))


def _tells_more(turn: Turn, event: Event) -> bool:
    """OpenAI's order: an `error`, then the response.failed that holds the whole response."""
    return (
        turn.status == "failed"
        and not _is_terminal(turn.response.get("status"))
        and isinstance(event, Snapshot)
        and event.response.get("status") == "failed"
    )


def _heard(turn: Turn, seq: int | None) -> Turn:
    return turn if seq is None else replace(turn, cursor=max(turn.cursor, seq))


def _open(turn: Turn, seq: int | None, index: int, wire: Wire) -> Turn:
    known = next((item for item in turn.items if item.index == index), None)
    if known is not None and known.wire:
        # The same item opened twice; what grew meanwhile must not be lost.
        return _heard(turn, seq)
    opened = item_from(index, wire)
    if known is not None:
        opened = replace(opened, parts=known.parts or opened.parts, phase=known.phase, sketch=known.sketch)
    return _put(turn, seq, opened)


_HOLDERS = {
    "text": "message",
    "refusal": "message",
    "summary": "reasoning",
    "reasoning": "reasoning",
    "picture": CALL,
}
"""The kind of an item whose beginning was not heard, by the text that grew in it."""


def _item_at(turn: Turn, index: int, slot: str = "") -> Item:
    items = turn.items
    if items and items[-1].index == index:
        return items[-1]
    for item in items:
        if item.index == index:
            return item
    return Item(index, "", _HOLDERS.get(slot, ""), {})


def _put(turn: Turn, seq: int | None, item: Item) -> Turn:
    items = turn.items
    if items and items[-1].index == item.index:
        items = (*items[:-1], item) if len(items) > 1 else (item,)
    else:
        others = [one for one in items if one.index != item.index]
        items = tuple(sorted([*others, item], key=lambda one: one.index))
    cursor = turn.cursor if seq is None else seq
    return Turn(turn.id, turn.status, items, cursor, turn.response, turn.fault)


def _snapshot(turn: Turn, event: Snapshot) -> Turn:
    told = event.response
    ident = told["id"] if isinstance(told.get("id"), str) else ""
    if turn.id and ident and ident != turn.id:
        # A second response in one stream is not ours.
        return _heard(turn, event.seq)
    status = told.get("status")
    status = status if isinstance(status, str) else turn.status
    error = told.get("error")
    known = {} if ident else turn.response  # an abridged snapshot takes nothing back
    return Turn(
        id=turn.id or ident,
        status=status,
        items=merge(turn.items, dicts(told.get("output")), over=status in TERMINAL),
        cursor=turn.cursor if event.seq is None else max(turn.cursor, event.seq),
        response=known | {key: value for key, value in told.items() if key != "output"},
        fault=fault_of({"error": error}) if isinstance(error, dict | str) else turn.fault,
    )


def _fail(turn: Turn, event: Failed) -> Turn:
    known = turn.fault
    if turn.over and (turn.status != "failed" or (known is not None and known.message)):
        return turn
    if known is not None and not event.fault.message and not event.fault.code:
        return turn
    cursor = turn.cursor if event.seq is None else max(turn.cursor, event.seq)
    return replace(turn, status="failed", fault=event.fault, cursor=cursor)
