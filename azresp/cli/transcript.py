"""A session in forms to read and to keep: Markdown, one JSON object, JSON Lines."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from azresp.core.session import Exchange, Session

FORMATS = ("md", "json", "jsonl")


def exported(session: Session, made: list[Exchange], form: str) -> str:
    """The session in one of FORMATS; `made` are all exchanges of its tree."""
    match form:
        case "json":
            whole = _head(session) | {
                "exchanges": [_exchange(one, session) for one in everything(session, made)]
            }
            return json.dumps(whole, indent=2) + "\n"
        case "jsonl":
            lines = [_head(session), *(_exchange(one, session) for one in everything(session, made))]
            return "".join(json.dumps(line) + "\n" for line in lines)
    return as_markdown(session, made)


def as_markdown(session: Session, made: list[Exchange]) -> str:
    """The conversation up to its head as Markdown, cleaned, with what broke off on the way marked as such."""
    from azresp.media.names import path_kept
    from azresp.ui.album import captions
    from azresp.ui.sink import clean, clean_line
    from azresp.ui.views.said import with_it

    blocks = [f"# {clean_line(session.name)}"]
    for exchange in read_through(session, made):
        given = _given(exchange, session)
        blocks.append(
            f"## {'You' if exchange.question or not given else 'Tools'} · {_when(exchange.asked_at)}"
        )
        blocks += [_listed(given)] if given else []
        if exchange.question or not given:
            blocks.append(clean(exchange.question).strip("\n") or "*(no text)*")
        blocks += [f"*({clean_line(line)})*" for item in exchange.said for line in with_it(item)]
        blocks.append(f"## {clean_line(exchange.deployment) or 'Answer'}")
        if done := _done(exchange):
            blocks.append(_listed(done))
        if answer := clean(exchange.turn.text or exchange.turn.refusal).strip("\n"):
            blocks.append(answer)
        pictures = captions(session, exchange, lambda kept: path_kept(kept.saved))
        blocks += [f"*({clean_line(line)})*" for line in pictures]
        if marks := clean_line(" · ".join(_marks(exchange, session))):
            blocks.append(f"*({marks})*")
    if len(blocks) == 1:
        blocks.append("*(nothing was said yet)*")
    if others := len(made) - len(read_through(session, made)):
        blocks.append(f"*({others} more on other branches: `azresp sessions export --format json` has them)*")
    return "\n\n".join(blocks) + "\n"


def _given(exchange: Exchange, session: Session) -> list[str]:
    """The answers to calls and approvals that were said."""
    from azresp.core.asks import answered, asks
    from azresp.ui.views.said import said_lines

    before = session.exchanges.get(exchange.parent or "")
    asked = {ask.id: ask.tool for ask in asks(before.turn)} if before is not None else {}
    return [line for wire in exchange.said if answered(wire) for line in said_lines(wire, asked)]


def _done(exchange: Exchange) -> list[str]:
    """What the turn called and asked for, a line each."""
    from azresp.ui.view import item_sections

    return [
        str(one.text) for item in exchange.turn.items for one in item_sections(item) if one.kind == "line"
    ]


def _listed(lines: list[str]) -> str:
    """Lines that Markdown shows as they are."""
    from azresp.ui.sink import clean_line

    return "\n".join(f"    {clean_line(line)}" for line in lines)


def read_through(session: Session, made: list[Exchange]) -> list[Exchange]:
    """The way to the head, with those that broke off before or after each step, oldest first."""
    path = session.path()
    broken: dict[str | None, list[Exchange]] = {}
    for one in made:
        if not one.turn.finished and one.id not in session.exchanges:
            broken.setdefault(one.parent, []).append(one)
    read: list[Exchange] = []
    for at, exchange in enumerate((*path, None)):
        parent = path[at - 1].id if at else None
        read += broken.get(parent, [])
        if exchange is not None:
            read.append(exchange)
    return read


def everything(session: Session, made: list[Exchange]) -> list[Exchange]:
    """The way to the head, which may begin in another session, and all other branches after it."""
    path = session.path()
    known = {one.id for one in path}
    return [*path, *(one for one in made if one.id not in known)]


def _head(session: Session) -> dict[str, Any]:
    return {
        "type": "session",
        "version": 1,
        "id": session.id,
        "name": session.name,
        "head": session.head,
        "settings": dict(session.settings),
    }


def _exchange(one: Exchange, session: Session) -> dict[str, Any]:
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
    }


def _marks(exchange: Exchange, session: Session) -> Iterator[str]:
    from azresp.ui.endings import ending

    if line := ending(exchange.turn):
        yield line
    if exchange.id not in session.exchanges:
        yield "not part of the conversation"
    if exchange.deleted:
        yield "deleted at the service"
    elif not exchange.stored:
        yield "not stored at the service"
    if exchange.turn.id:
        yield exchange.turn.id


def _when(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))
