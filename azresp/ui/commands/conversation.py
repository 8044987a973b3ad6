"""Conversations at the service (the Conversations API): conversation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

from azresp.core.compose import in_view
from azresp.core.conversation import conversation_at, talking_in
from azresp.core.events import dicts
from azresp.core.pictures import unforged
from azresp.core.session import Exchange, Session
from azresp.core.sse import Wire
from azresp.core.turn import Turn
from azresp.errors import ServiceError, UsageError
from azresp.ui.commands.registry import Rest, Words, command
from azresp.ui.commands.service import ports, show_item
from azresp.ui.counting import counted
from azresp.waiting import patiently

if TYPE_CHECKING:
    from azresp.ui.chat import Chat

_USAGE = "Usage: /conversation [new | attach ID | items | off | delete]"


def _verbs(chat: Chat, before: tuple[str, ...]) -> list[str]:
    return [] if before else ["new", "attach", "items", "off", "delete"]


@command("conversation")
async def conversation(
    chat: Chat, verb: Annotated[str, Words(_verbs)] = "", ident: Annotated[str, Rest()] = ""
) -> None:
    """Talk in a conversation that the service keeps: new, attach ID, items, off, delete."""
    here = conversation_at(chat.session, chat.service.origin)
    match verb, ident:
        case "", "":
            chat.terminal.dim(f"this session talks in {here}" if here else "this session talks in none")
        case "new", "":
            await _new(chat)
        case "attach", str(ident) if ident:
            await _attach(chat, ident)
        case "items", _:
            await _items(chat, ident or _must(here))
        case "off", "":
            leave(chat, f"left {_must(here)}; the service keeps it: this session goes on without it")
        case "delete", _:
            await _delete(chat, ident or _must(here))
        case _:
            raise UsageError(f"/conversation does not know {f'{verb} {ident}'.strip()!r}", _USAGE)


def leave(chat: Chat, told: str) -> None:
    """Go on without the session's conversation."""
    if not conversation_at(chat.session, chat.service.origin):
        return
    chat.session = talking_in(chat.session, "", "")
    chat.keep_session()
    chat.terminal.dim(told)


def _must(here: str) -> str:
    if not here:
        raise UsageError("this session talks in no conversation", _USAGE)
    return here


async def _new(chat: Chat) -> None:
    if not chat.tuner.value("store"):
        raise UsageError(
            "a conversation is kept at the service, and store is off", "/set store on, then again."
        )
    made = await _asked(chat, lambda: chat.service.conversations.create(), safe=False)
    ident = made.get("id")
    if not isinstance(ident, str) or not ident:
        raise ServiceError("the service's conversation has no id", "This session goes on as it was.")
    chat.session = talking_in(chat.session, ident, chat.service.origin)
    chat.library.conversations.made(ident, chat.service.origin, chat.session.id, chat.clock.now())
    chat.keep_session()
    path = in_view(chat.session.path(), chat.service.origin)
    takes = f" · the next message takes {counted(len(path), 'exchange')} along" if path else ""
    chat.terminal.strong(f"now in conversation {ident}{takes}")


async def _attach(chat: Chat, ident: str) -> None:
    if not chat.tuner.value("store"):
        raise UsageError(
            "a conversation is kept at the service, and store is off", "/set store on, then again."
        )
    await _asked(chat, lambda: chat.service.conversations.look(ident))
    items = [unforged(item) async for item in _all(chat, ident)]
    (cut,) = await chat.gallery.turn(chat.session).cut([{"data": items}])
    session = Session(chat.clock.ident(), chat.library.free_name(ident), settings=chat.session.settings)
    session = talking_in(session, ident, chat.service.origin)
    if items:
        # As one exchange that said all of it; no response can be built on it.
        turn = Turn(status="completed", response={"conversation": {"id": ident}})
        deployment, origin = str(chat.tuner.value("deployment") or ""), chat.service.origin
        said, now = tuple(cut["data"]), chat.clock.now()
        one = Exchange(chat.clock.ident(), None, said, turn, now, deployment, origin, stored=False)
        session = Session(session.id, session.name, one.id, session.settings, {one.id: one})
        chat.library.add(session, [one])
    chat.session, chat.last = session, session.last
    chat.terminal.strong(f"now in conversation {ident} ({counted(len(items), 'item')})")
    chat.terminal.dim("/history shows it · a new session holds it here")


async def _items(chat: Chat, ident: str) -> None:
    number = 0
    async for item in _all(chat, ident):
        number += 1
        show_item(chat, number, item)
    chat.terminal.dim(f"{counted(number, 'item')} in {ident}")


async def _delete(chat: Chat, ident: str) -> None:
    if not await chat.confirm(f"Delete {ident} at the service? The responses made in it stay there."):
        chat.terminal.dim("nothing was deleted")
        return
    await _asked(chat, lambda: chat.service.conversations.delete(ident))
    chat.library.mark_deleted(ident, chat.service.origin)
    chat.terminal.dim(f"{ident} is deleted at the service")
    if ident == conversation_at(chat.session, chat.service.origin):
        leave(chat, "this session goes on without it")


async def _all(chat: Chat, ident: str) -> AsyncIterator[Wire]:
    after = ""
    while True:
        page = await _page(chat, ident, after)
        for item in (items := dicts(page.get("data"))):
            yield item
        after = str(page.get("last_id") or "")
        if not page.get("has_more") or not after or not items:
            return


async def _page(chat: Chat, ident: str, after: str) -> Wire:
    return await _asked(chat, lambda: chat.service.conversations.items(ident, after=after))


async def _asked(chat: Chat, ask: Callable[[], Awaitable[Wire]], *, safe: bool = True) -> Wire:
    """What the service answers; that it has no conversations at all is told in these words."""
    try:
        return await chat.stoppable(patiently(ask, ports(chat), safe=safe))
    except ServiceError as error:
        named = (
            "conv" in f"{error.what} {error.code} {error.param}".lower() and "not found" in error.what.lower()
        )
        if error.status in (404, 405, 501) and not named:
            raise UsageError(
                "this endpoint has no conversations, or not this one",
                "azresp keeps the conversation here, and chains responses: nothing is missing without them.",
            ) from error
        raise
