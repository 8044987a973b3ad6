"""Exchanges and sessions as rows of the store, and back."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from azresp.core.coalesce import load_events
from azresp.core.events import dicts
from azresp.core.keep import load_turn
from azresp.core.session import Exchange, Session
from azresp.core.turn import fold, interrupt

EXCHANGE = "id, parent, said, turn, asked_at, deployment, origin, stored, deleted, sealed"


def write_json(value: object) -> str:
    """JSON in ASCII, so that text which can't be encoded (lone surrogates) is kept exactly."""
    return json.dumps(value, separators=(",", ":"))


def exchange_of(db: sqlite3.Connection, row: tuple[Any, ...]) -> Exchange:
    """The exchange of an EXCHANGE row; an unsealed one is folded from what was heard of it."""
    ident, parent, said, turn, asked_at, deployment, origin, stored, deleted, sealed = row
    return Exchange(
        id=ident,
        parent=parent,
        said=dicts(_json(said)),
        turn=load_turn(_object(turn)) if sealed else interrupt(fold(load_events(heard_wires(db, ident)))),
        asked_at=asked_at,
        deployment=deployment,
        origin=origin,
        stored=bool(stored),
        deleted=bool(deleted),
    )


def heard_wires(db: sqlite3.Connection, exchange_id: str) -> list[dict[str, Any]]:
    """The events kept of an exchange that is not sealed."""
    rows = db.execute("select wires from heard where exchange = ? order by n", (exchange_id,))
    return [wire for (wires,) in rows for wire in dicts(_json(wires))]


def session_of(row: tuple[str, str, str | None, str]) -> Session:
    """The session of an (id, name, head, settings) row, without its exchanges."""
    ident, name, head, settings = row
    return Session(ident, name, head, _object(settings))


def _object(text: str) -> dict[str, Any]:
    value = _json(text)
    return value if isinstance(value, dict) else {}


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
