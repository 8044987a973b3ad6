"""A conversation as Markdown, cleaned, with what broke off on the way marked as such."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from azresp.core.asks import answered, asks
from azresp.core.pictures import Kept
from azresp.core.session import Exchange, Session
from azresp.ui.album import captions
from azresp.ui.compacted import COMPACTED
from azresp.ui.endings import ending
from azresp.ui.export.whole import whole
from azresp.ui.sink import clean, clean_line
from azresp.ui.view import item_sections
from azresp.ui.views.said import said_lines, with_it


def as_markdown(session: Session, made: Sequence[Exchange], path: Callable[[Kept], Path]) -> str:
    """The conversation up to its head; `made` are all exchanges of its tree, `path` tells where a picture is."""
    blocks = [f"# {_heading(session.name)}"]
    for exchange in read_through(session, made):
        if exchange.compaction:
            blocks.append(f"*({COMPACTED})*")
            continue
        given = given_in(exchange, session)
        blocks.append(
            f"## {'You' if exchange.question or not given else 'Tools'} · {when(exchange.asked_at)}"
        )
        blocks += [_listed(given)] if given else []
        if exchange.question or not given:
            blocks.append(whole(clean(exchange.question).strip("\n")) or "*(no text)*")
        blocks += [f"*({clean_line(line)})*" for item in exchange.said for line in with_it(item)]
        blocks.append(f"## {_heading(exchange.deployment) or 'Answer'}")
        if done := done_in(exchange):
            blocks.append(_listed(done))
        if answer := clean(exchange.turn.text or exchange.turn.refusal).strip("\n"):
            blocks.append(whole(answer))
        pictures = captions(session, exchange, path)
        blocks += [f"*({clean_line(line)})*" for line in pictures]
        if told := clean_line(" · ".join(marks(exchange, session))):
            blocks.append(f"*({told})*")
    if len(blocks) == 1:
        blocks.append("*(nothing was said yet)*")
    if others := elsewhere(session, made):
        blocks.append(f"*({others} more on other branches: `azresp sessions export --format json` has them)*")
    return "\n\n".join(blocks) + "\n"


def _heading(text: str) -> str:
    return clean_line(text).replace("<", "\\<")


def given_in(exchange: Exchange, session: Session) -> list[str]:
    """The answers to calls and approvals that were said."""
    before = session.exchanges.get(exchange.parent or "")
    asked = {ask.id: ask.tool for ask in asks(before.turn)} if before is not None else {}
    return [line for wire in exchange.said if answered(wire) for line in said_lines(wire, asked)]


def done_in(exchange: Exchange) -> list[str]:
    """What the turn called and asked for, a line each."""
    return [
        str(one.text) for item in exchange.turn.items for one in item_sections(item) if one.kind == "line"
    ]


def _listed(lines: list[str]) -> str:
    """Lines that Markdown shows as they are."""
    return "\n".join(f"    {clean_line(line)}" for line in lines)


def read_through(session: Session, made: Sequence[Exchange]) -> list[Exchange]:
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


def elsewhere(session: Session, made: Sequence[Exchange]) -> int:
    """How many exchanges of the session stand on other branches. The way to its head may begin in another session."""
    return len({one.id for one in made} - {one.id for one in read_through(session, made)})


def marks(exchange: Exchange, session: Session) -> Iterator[str]:
    """How an exchange ended and what is left of it at the service, with its response id."""
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


def when(moment: float) -> str:
    """A date and time of day."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))
