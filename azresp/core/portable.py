"""A session as plain JSON that another machine can read, and back: `read_exchange(exchange_wire(x)) == x`.

Response objects stand in it as the service prints them, for whoever reads the file; what only we know of a turn
(how far it was heard, texts that a cut stream left unsettled) stands beside them in `heard`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from azresp.core.events import Snapshot, dicts
from azresp.core.keep import dump_turn, load_turn
from azresp.core.session import Exchange, Session
from azresp.core.sse import Wire
from azresp.core.turn import Turn, fold

if TYPE_CHECKING:
    from azresp.core.formats import ExchangeRecord, Heard, SessionRecord

VERSION = 1
_OURS = ("id", "status")
"""fields of the response object in whose place stands what we know of the turn"""


def session_wire(session: Session) -> SessionRecord:
    """The session without its exchanges."""
    return {
        "type": "session",
        "version": VERSION,
        "id": session.id,
        "name": session.name,
        "head": session.head,
        "settings": dict(session.settings),
    }


def exchange_wire(one: Exchange, session: Session) -> ExchangeRecord:
    """One exchange; pictures in it are references still."""
    turn = one.turn
    return {
        "type": "exchange",
        "id": one.id,
        "parent": one.parent,
        "in_conversation": one.id in session.exchanges,
        "asked_at": one.asked_at,
        "deployment": one.deployment,
        "origin": one.origin,
        "stored": one.stored,
        "deleted": one.deleted,
        "said": list(one.said),
        "status": turn.status,
        "text": turn.text,
        "response": {**turn.to_response(), "id": turn.id, "status": turn.status},
        "heard": _heard(turn),
    }


def everything(session: Session, made: Sequence[Exchange]) -> list[Exchange]:
    """The way to the head, which may begin in another session, and all other branches after it."""
    path = session.path()
    known = {one.id for one in path}
    return [*path, *(one for one in made if one.id not in known)]


def read_exchange(wire: Wire) -> Exchange:
    """The exchange that an object tells of. Total: whatever is missing or mistyped is empty."""
    parent = wire.get("parent")
    return Exchange(
        id=text_of(wire, "id"),
        parent=parent if isinstance(parent, str) else None,
        said=dicts(wire.get("said")),
        turn=_turn(wire),
        asked_at=_moment(wire.get("asked_at")),
        deployment=text_of(wire, "deployment"),
        origin=text_of(wire, "origin"),
        stored=wire.get("stored") is True,
        deleted=wire.get("deleted") is True,
    )


def text_of(wire: Wire, name: str) -> str:
    """A field that is text; empty for anything else."""
    value = wire.get(name)
    return value if isinstance(value, str) else ""


def _moment(value: object) -> float:
    sane = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if sane and 0 <= value < 1e12 else 0.0  # type: ignore[operator,arg-type]  # `sane` says so


def _heard(turn: Turn) -> Heard:
    """What the response object does not tell of a turn."""
    kept = dump_turn(turn)
    items = []
    for item, dumped in zip(turn.items, kept["items"], strict=True):
        slim = {key: value for key, value in dumped.items() if key != "sketch"}
        if item.to_wire() == item.wire:
            del slim["wire"]
        items.append(slim)
    told = {key: turn.response[key] for key in _OURS if key in turn.response}
    return {"cursor": turn.cursor, "fault": kept["fault"], "told": told, "items": items}


def _turn(wire: Wire) -> Turn:
    response = wire.get("response")
    response = response if isinstance(response, dict) else {}
    heard = wire.get("heard")
    if not isinstance(heard, dict):
        # Made by hand, or by an older version.
        return fold([Snapshot(None, response)])
    output = response.get("output")
    wires = output if isinstance(output, list) else []
    items = [
        {"wire": wires[at] if at < len(wires) else {}, **item}
        for at, item in enumerate(dicts(heard.get("items")))
    ]
    told = heard.get("told")
    return load_turn(
        {
            "id": text_of(response, "id"),
            "status": text_of(response, "status"),
            "cursor": heard.get("cursor"),
            "fault": heard.get("fault"),
            "items": items,
            "response": {key: value for key, value in response.items() if key not in (*_OURS, "output")}
            | (told if isinstance(told, dict) else {}),
        }
    )
