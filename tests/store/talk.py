"""Exchanges for the store's tests, as the engine would write them."""

from __future__ import annotations

from dataclasses import replace

from azresp.core.session import Exchange, Session, message, settle
from azresp.core.sse import Wire
from azresp.core.turn import Turn, interrupt
from azresp.store.store import Store
from tests.core.streams import fold_wires


def created(ident: str, number: int = 0) -> Wire:
    return {
        "type": "response.created",
        "sequence_number": number,
        "response": {"id": ident, "status": "in_progress"},
    }


def delta(text: str, number: int) -> Wire:
    return {
        "type": "response.output_text.delta",
        "sequence_number": number,
        "output_index": 0,
        "content_index": 0,
        "delta": text,
    }


def completed(ident: str, text: str, number: int) -> Wire:
    item = {
        "type": "message",
        "id": "m",
        "content": [{"type": "output_text", "text": text, "annotations": []}],
    }
    response = {"id": ident, "status": "completed", "output": [item]}
    return {"type": "response.completed", "sequence_number": number, "response": response}


def asked(ident: str, parent: str | None, text: str = "hi") -> Exchange:
    """An exchange that was just asked."""
    return Exchange(ident, parent, (message(text),), Turn(), 1.0, "gpt", "https://here/")


def say(store: Store, session: Session, ident: str, text: str = "hi", answer: str = "hello") -> Session:
    """One whole exchange."""
    exchange = asked(ident, session.head, text)
    store.begin(session, exchange)
    wires = [created(f"resp_{ident}"), delta(answer, 1), completed(f"resp_{ident}", answer, 2)]
    store.heard(exchange.id, wires[:2])
    done = replace(exchange, turn=fold_wires(wires))
    return store.seal(settle(session, done), done)


def stop(store: Store, session: Session, ident: str, text: str) -> Session:
    """An exchange that was cut off after `text`."""
    exchange = asked(ident, session.head)
    store.begin(session, exchange)
    done = replace(exchange, turn=interrupt(fold_wires([created(f"resp_{ident}"), delta(text, 1)])))
    return store.seal(settle(session, done), done)
