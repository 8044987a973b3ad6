"""Exchanges and sessions as rows of the store, and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from azresp.core.events import dicts, read
from azresp.core.keep import load_turn
from azresp.core.session import Exchange, Session
from azresp.core.sse import Wire
from azresp.core.turn import Turn, fold, interrupt

EXCHANGE = "id, parent, said, turn, asked_at, deployment, origin, stored, deleted, sealed, job"


def write_json(value: object) -> str:
    """JSON in ASCII, so that text which can't be encoded (lone surrogates) is kept exactly."""
    return json.dumps(value, separators=(",", ":"))


def exchange_of(row: tuple[Any, ...], heard: Callable[[str], list[Wire]]) -> Exchange:
    """The exchange of an EXCHANGE row; an unsealed one is folded from what was heard of it since it was last sealed."""
    ident, parent, said, turn, asked_at, deployment, origin, stored, deleted, sealed, job = row
    kept = load_turn(read_object(turn))
    return Exchange(
        id=ident,
        parent=parent,
        said=dicts(_json(said)),
        turn=kept if sealed else _as_heard(fold(map(read, heard(ident)), kept), background=bool(job)),
        asked_at=asked_at,
        deployment=deployment,
        origin=origin,
        stored=bool(stored),
        deleted=bool(deleted),
        background=bool(job),
    )


def _as_heard(turn: Turn, *, background: bool) -> Turn:
    """A turn that is, or was, being heard: without whoever heard it a background response runs on."""
    return turn if background and turn.id else interrupt(turn)


def read_wires(pieces: Iterable[Any]) -> list[Wire]:
    """The events kept of an exchange that is not sealed."""
    return [wire for piece in pieces for wire in dicts(_json(piece))]


def session_of(row: tuple[Any, ...]) -> Session:
    """The session of an (id, name, head, settings) row, without its exchanges."""
    ident, name, head, settings = row
    return Session(ident, name, head, read_object(settings))


def read_object(text: Any) -> dict[str, Any]:
    """A JSON object that the store keeps; an empty one where it is damaged."""
    value = _json(text)
    return value if isinstance(value, dict) else {}


def _json(text: Any) -> object:
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return None
