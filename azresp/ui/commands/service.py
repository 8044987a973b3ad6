"""Commands that speak to the service about responses: show, items, delete."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated

from azresp.core.session import said_text
from azresp.core.sse import Wire
from azresp.errors import AzrespError, ServiceError, UsageError
from azresp.ports import Ports
from azresp.ui.commands.registry import Words, command
from azresp.ui.pages import input_item_pages
from azresp.ui.screens import WaitScreen
from azresp.ui.views.brief import without_base64
from azresp.ui.views.said import with_it
from azresp.waiting import patiently

if TYPE_CHECKING:
    from azresp.core.session import Exchange
    from azresp.ui.chat import Chat


def _ids(chat: Chat, before: tuple[str, ...]) -> list[str]:
    return [one.turn.id for one in reversed(chat.session.path()) if one.turn.id]


def _response_id(chat: Chat, given: str) -> str:
    if given:
        return given
    last = chat.last or chat.session.last
    if last is None or not last.turn.id:
        raise UsageError("there is no response yet", "Say something first, or give an id (resp_…).")
    return last.turn.id


def ports(chat: Chat) -> Ports:
    """Ports whose waits are told on the terminal."""
    return Ports(chat.service, WaitScreen(chat.terminal.dim), chat.library, chat.clock)


@command("show")
async def show(chat: Chat, response_id: Annotated[str, Words(_ids)] = "") -> None:
    """Show a response as the service stores it, as JSON."""
    ident = _response_id(chat, response_id)
    found = await chat.stoppable(patiently(lambda: chat.service.look(ident), ports(chat), safe=True))
    chat.terminal.say(json.dumps(without_base64(found), indent=2, ensure_ascii=False))


@command("items")
async def items(chat: Chat, response_id: Annotated[str, Words(_ids)] = "") -> None:
    """Show the input items of a response as the service has them, page by page."""
    ident = _response_id(chat, response_id)
    number = 0
    pages = input_item_pages(chat.service, ident, ports(chat), size=20)
    while page := await chat.stoppable(_next(pages)):
        if number and (await chat.ask("more? [Y/n] ")).strip().lower() in ("n", "no", "q"):
            return
        for item in page:
            number += 1
            show_item(chat, number, item)
    chat.terminal.dim(f"{number} input items of {ident}")


async def _next(pages: AsyncIterator[tuple[Wire, ...]]) -> tuple[Wire, ...]:
    async for page in pages:  # anext() with a default breaks inside of a task in Python 3.11
        return page
    return ()


def show_item(chat: Chat, number: int, item: Wire) -> None:
    """Show an input item, numbered."""
    who = item.get("role") or ""
    chat.terminal.strong(
        f"{number}. {item.get('type', 'item')} {who} {item.get('id', '')}".replace("  ", " ")
    )
    text = said_text(item)
    if text:
        chat.terminal.say(text)
    for line in with_it(item):
        chat.terminal.dim(line)
    if not text:
        chat.terminal.say(json.dumps(without_base64(item), ensure_ascii=False))


def _deletable(chat: Chat, before: tuple[str, ...]) -> list[str]:
    return ["response", "session", *_ids(chat, before)]


@command("delete")
async def delete(chat: Chat, what: Annotated[str, Words(_deletable)] = "response") -> None:
    """Delete at the service, after asking: the last response, the whole session, or a response id."""
    if what == "session":
        await _delete_session(chat)
        return
    ident = _response_id(chat, "" if what == "response" else what)
    if not ident.startswith("resp_"):
        raise UsageError(f"/delete takes response, session or a response id, got {what!r}")
    here = chat.library.find(ident) is not None
    if not await chat.confirm(f"Delete {ident} at the service?{' Its text stays here.' if here else ''}"):
        chat.terminal.dim("nothing was deleted")
        return
    gone = await delete_one(chat, ident)
    chat.terminal.dim(f"{ident}: {gone} · {'its text stays here' if here else 'not known on this machine'}")


async def _delete_session(chat: Chat) -> None:
    from azresp.ui.counting import counted

    made = chat.library.all_exchanges(chat.session.id)
    own = chat.library.own_exchanges(chat.session.id)
    remote = [one.turn.id for one in own if one.turn.id and one.stored and not one.deleted]
    name = chat.session.name or "without a name"
    staying = len({one.id for one in made} - {one.id for one in own})
    question = (
        f"Delete session {name}: {counted(len(remote), 'response')} at the service, "
        f"{counted(len(own), 'exchange')} here?"
        + (f" {staying} stay: other sessions build on them." if staying else "")
    )
    if not await chat.confirm(question):
        chat.terminal.dim("nothing was deleted")
        return
    failed = []
    for ident in remote:
        try:
            await delete_one(chat, ident)
        except AzrespError as error:
            failed.append((ident, error.what))
    for ident, why in failed:
        chat.terminal.strong(f"{ident}: not deleted: {why}")
    if failed:
        chat.terminal.dim(
            f"{len(remote) - len(failed)} of {len(remote)} deleted at the service; the session stays here, try again; "
            "`azresp sessions prune --remote` does so too"
        )
        return
    with chat.files.dropping() as dropped:
        count = chat.library.remove(chat.session.id)
    here = counted(count, "exchange") + (
        f" and {counted(dropped.count, 'attachment')}" if dropped.count else ""
    )
    chat.terminal.dim(f"deleted: {len(remote)} of {len(remote)} at the service, {here} here")
    await chat.invoke("new", "")


async def delete_one(chat: Chat, ident: str) -> str:
    """Delete a response at the service; one that is gone already is fine. What fails is remembered and flies."""
    origin = chat.library.origin_of(ident)
    if origin and origin != chat.service.origin:
        # This endpoint would say that there is none: nothing would be deleted.
        chat.library.deletions.want(ident, origin, chat.clock.now(), "it is at another endpoint")
        raise UsageError(
            f"{ident} is at {origin}, this chat at {chat.service.origin}",
            "/move PROFILE goes there; the deletion is remembered.",
        )
    try:
        await chat.stoppable(patiently(lambda: chat.service.delete(ident), ports(chat), safe=True))
        gone = "deleted at the service"
    except AzrespError as error:
        if not (isinstance(error, ServiceError) and error.gone):
            chat.library.deletions.want(ident, chat.service.origin, chat.clock.now(), error.what)
            raise
        gone = "was not at the service"
    chat.library.mark_deleted(ident, chat.service.origin)
    _mark(chat, ident)
    return gone


def _mark(chat: Chat, ident: str) -> None:
    from dataclasses import replace

    def marked(one: Exchange) -> Exchange:
        return replace(one, deleted=True) if one.turn.id == ident else one

    exchanges = {key: marked(one) for key, one in chat.session.exchanges.items()}
    chat.session = replace(chat.session, exchanges=exchanges)
