"""Commands about sessions: new, list, resume, rename, fork, undo, history."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from azresp.core.asks import asks
from azresp.core.conversation import conversation_at, talking_in
from azresp.core.session import Session, asked_in, said_text, undo
from azresp.core.text import first_line
from azresp.errors import UsageError
from azresp.ui.album import captions
from azresp.ui.commands.registry import Rest, Words, command
from azresp.ui.endings import ending
from azresp.ui.heading import heading
from azresp.ui.moving import switch
from azresp.ui.views.said import said_lines, with_it

if TYPE_CHECKING:
    from azresp.core.session import Exchange
    from azresp.core.sse import Wire
    from azresp.ui.chat import Chat


def _names(chat: Chat, before: tuple[str, ...]) -> list[str]:
    return [*chat.found, *(one.name for one in chat.library.listed(50))]


@command("new", "clear")
async def new(chat: Chat, name: Annotated[str, Rest()] = "") -> None:
    """Start a new session; the old one stays."""
    # What was set is still in force, so it belongs to the new session too.
    name = chat.library.free_name(name) if name else ""
    settings = talking_in(chat.session, "", "").settings
    chat.session = Session(chat.clock.ident(), name, settings=settings)
    chat.last = None
    chat.terminal.dim("new session")


@command("sessions")
async def sessions(chat: Chat) -> None:
    """List the sessions that changed last."""
    rows = []
    for one in chat.library.listed(20):
        here = "here · " if one.name == chat.session.name else ""
        when = age(chat.clock.now() - one.changed)
        rows.append((one.name, f"{here}{when} · {first_line(one.question)}"))
    if not rows:
        chat.terminal.dim("no sessions yet")
    chat.terminal.pairs(rows)


async def _picked_up(chat: Chat, name: str) -> Session:
    """The session of a response that this machine does not know."""
    from azresp.ui.commands.service import ports
    from azresp.ui.pickup import pick_up

    if not name.startswith("resp_"):
        from difflib import get_close_matches

        names = [one.name for one in chat.library.listed(1000)]
        near = [one for one in names if one.startswith(name)][:3] or get_close_matches(name, names, 1, 0.4)
        hint = f"Did you mean {' or '.join(near)}? " if near else ""
        raise UsageError(f"there is no session {name!r}", f"{hint}/sessions lists them.")
    picking = pick_up(ports(chat), chat.service, chat.library, chat.gallery, name)
    session, exchange = await chat.stoppable(picking)
    chat.library.add(session, [exchange])
    return session


@command("resume")
async def resume(chat: Chat, name: Annotated[str, Rest(), Words(_names)]) -> None:
    """Go on in another session: a name, the start of an id, or a response id (resp_…)."""
    from azresp.ui.counting import counted

    session = chat.library.find(name) or await _picked_up(chat, name)
    told = switch(chat, session)
    _show_path(chat, session.path()[-2:])
    _show_broken(chat)
    chat.terminal.dim(
        f"resumed {session.name} · {counted(len(session.path()), 'exchange')} · /history shows all"
    )
    for line in told:
        chat.terminal.strong(line)
    await chat.answer_asks()


@command("rename")
async def rename(chat: Chat, name: Annotated[str, Rest()]) -> None:
    """Give this session another name."""
    chat.session = replace(chat.session, name=name)
    chat.keep_session("name")
    chat.terminal.dim(f"this session is now {name}")


@command("fork")
async def fork(chat: Chat, name: Annotated[str, Rest()] = "") -> None:
    """Go on under another name from here; this session keeps what it has."""
    if chat.session.head is None:
        raise UsageError("there is nothing to fork yet", "Say something first.")
    old, talked_in = chat.session.name, conversation_at(chat.session, chat.service.origin)
    chat.session = replace(
        talking_in(chat.session, "", ""),
        id=chat.clock.ident(),
        name=chat.library.free_name(name or chat.session.name),
    )
    chat.keep_session()
    chat.terminal.dim(f"now in {chat.session.name} · /resume {old} goes back")
    if talked_in:
        chat.terminal.dim(f"{talked_in} at the service stays with {old}: this branch goes on without it")


@command("undo")
async def undo_last(chat: Chat) -> None:
    """Take back the last exchange; it stays stored."""
    last = asked_in(chat.session, chat.session.last)
    if last is None:
        raise UsageError("there is nothing to undo")
    chat.move_head(undo(chat.session).head)
    now = chat.last = chat.session.last
    chat.terminal.dim(f"taken back: {heading(last)} · /resume {last.turn.id} brings it back")
    chat.terminal.dim(
        f"the conversation ends with: {heading(asked_in(chat.session, now) or now)}"
        if now
        else "the conversation is empty"
    )


@command("history")
async def history(chat: Chat, count: str = "") -> None:
    """Show the conversation, or its last COUNT exchanges."""
    if count and not count.isdigit():
        raise UsageError(f"/history takes a number, got {count!r}", "Usage: /history [COUNT]")
    path = chat.session.path()
    _show_path(chat, path[-int(count) :] if count else path)
    if not path:
        chat.terminal.dim("nothing was said yet")


def _show_path(chat: Chat, path: tuple[Exchange, ...]) -> None:
    """Show exchanges as they were: question, answer, how it ended."""
    for exchange in path:
        show_exchange(chat, exchange)


def show_exchange(chat: Chat, exchange: Exchange) -> None:
    """Show one exchange."""
    if exchange.compaction:
        from azresp.ui.compacted import compaction_line

        chat.terminal.dim(compaction_line(exchange))
        chat.terminal.gap()
        return
    asked = _asked(chat, exchange)
    for item in exchange.said:
        _show_said(chat, item, asked)
    turn = exchange.turn
    chat.terminal.turn(turn)
    for line in captions(chat.session, exchange, chat.gallery.path):
        chat.terminal.dim(line)
    if (line := ending(turn)) or exchange.deleted:
        deleted = "deleted at the service" if exchange.deleted else ""
        chat.terminal.dim(" · ".join(part for part in (line, deleted) if part))
    chat.terminal.say("")


def _asked(chat: Chat, exchange: Exchange) -> dict[str, str]:
    """The tools that the exchange before this one asked for, by the ids that answers name."""
    before = chat.session.exchanges.get(exchange.parent or "")
    return {ask.id: ask.tool for ask in asks(before.turn)} if before is not None else {}


def _show_said(chat: Chat, item: Wire, asked: dict[str, str]) -> None:
    # A conversation that was fetched from the service is one exchange, which said all of it.
    text = said_text(item)
    if item.get("type", "message") != "message":
        for line in said_lines(item, asked):
            chat.terminal.dim(line)
    elif item.get("role") == "assistant":
        chat.terminal.markdown(text)
        chat.terminal.gap()
    else:
        if text:
            chat.terminal.said(text)
        for line in with_it(item):
            chat.terminal.dim(line)
        chat.terminal.gap()


def _show_broken(chat: Chat) -> None:
    """Show an exchange after the head that broke off, so that a crash hides nothing."""
    following = chat.library.children(chat.session.head, chat.session.id)
    broken = [one for one in following if not one.turn.finished]
    if broken and broken[-1].id == following[-1].id:
        chat.last = broken[-1]
        show_exchange(chat, broken[-1])
        chat.terminal.dim("this one is kept, but not in the conversation · /retry asks again")


def age(seconds: float) -> str:
    """`5 min ago`, `3 h ago`, `2 d ago`, or a date."""
    if seconds < 60:
        return "just now"
    for unit, length, limit in (("min", 60, 60), ("h", 3600, 24), ("d", 86400, 30)):
        if seconds < length * limit:
            return f"{seconds // length:.0f} {unit} ago"
    return time.strftime("%Y-%m-%d", time.localtime(time.time() - seconds))
