"""Turns as JSON and back: `load_turn(dump_turn(turn)) == turn` (the Replay law)."""

from __future__ import annotations

from typing import Any

from azresp.core.events import Fault, dicts
from azresp.core.items import Item, Part, item_from
from azresp.core.pictures import kept_from
from azresp.core.sse import Wire
from azresp.core.text import Grown
from azresp.core.turn import Turn


def dump_turn(turn: Turn) -> Wire:
    """The turn as plain JSON."""
    fault = turn.fault
    return {
        "id": turn.id,
        "status": turn.status,
        "cursor": turn.cursor,
        "response": turn.response,
        "fault": None if fault is None else [fault.code, fault.message, fault.param],
        "items": [_dump_item(item) for item in turn.items],
    }


def load_turn(kept: Wire) -> Turn:
    """The turn that `dump_turn` wrote; total, since a store may be damaged or of another version."""
    fault = kept.get("fault")
    response = kept.get("response")
    cursor = kept.get("cursor")
    return Turn(
        id=str(kept.get("id") or ""),
        status=str(kept.get("status") or ""),
        items=tuple(_load_item(item) for item in dicts(kept.get("items"))),
        cursor=cursor if isinstance(cursor, int) else -1,
        response=response if isinstance(response, dict) else {},
        fault=Fault(*map(str, fault[:3])) if isinstance(fault, list) and len(fault) >= 2 else None,
    )


def _dump_item(item: Item) -> Wire:
    kept: dict[str, Any] = {"index": item.index, "wire": item.wire}
    if item.phase:
        kept["phase"] = item.phase
    if item.sketch is not None:
        kept["sketch"] = item.sketch
    if item.closed:
        kept["closed"] = True
    told = item_from(item.index, item.wire)
    if (told.id, told.kind) != (item.id, item.kind):
        kept["is"] = [item.id, item.kind]
    if told.parts != item.parts:
        kept["parts"] = [[part.slot, part.at, part.text.raw, list(part.annotations)] for part in item.parts]
    return kept


def _load_item(kept: Wire) -> Item:
    wire = kept.get("wire")
    index = kept.get("index")
    told = item_from(index if isinstance(index, int) else 0, wire if isinstance(wire, dict) else {})
    names = kept.get("is")
    ident, kind = map(str, names) if isinstance(names, list) and len(names) == 2 else (told.id, told.kind)
    parts = kept.get("parts")
    return Item(
        told.index,
        ident,
        kind,
        told.wire,
        tuple(_load_part(part) for part in parts if _is_part(part))
        if isinstance(parts, list)
        else told.parts,
        str(kept.get("phase") or ""),
        kept.get("closed") is True,
        sketch if kept_from(sketch := kept.get("sketch")) is not None else None,
    )


def _is_part(part: object) -> bool:
    match part:
        case [str(), int(), str(), list()]:
            return True
    return False


def _load_part(part: list[Any]) -> Part:
    slot, at, text, annotations = part
    return Part(slot, at, Grown(text), dicts(annotations))
