"""Commands that speak to the service about responses: show, items."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated

from azresp.core.session import said_text
from azresp.core.sse import Wire
from azresp.errors import UsageError
from azresp.ports import Ports
from azresp.ui.commands.registry import Words, command
from azresp.ui.pages import input_item_pages
from azresp.ui.screens import WaitScreen
from azresp.ui.views.brief import without_base64
from azresp.ui.views.said import with_it
from azresp.waiting import patiently

if TYPE_CHECKING:
    from azresp.ui.chat import Chat


def ids_of(chat: Chat, before: tuple[str, ...]) -> list[str]:
    """The conversation's response ids, the last first."""
    return [one.turn.id for one in reversed(chat.session.path()) if one.turn.id]


def chosen_id(chat: Chat, given: str) -> str:
    """The id that was given, else the last response's."""
    if given:
        return given
    # A question that the service refused has no response: the one before it is the last.
    for one in (chat.last, chat.session.last):
        if one is not None and one.turn.id:
            return one.turn.id
    raise UsageError("there is no response yet", "Say something first, or give an id (resp_…).")


def ports(chat: Chat) -> Ports:
    """Ports whose waits are told on the terminal."""
    return Ports(chat.service, WaitScreen(chat.terminal.dim), chat.library, chat.clock)


@command("show")
async def show(chat: Chat, response_id: Annotated[str, Words(ids_of)] = "") -> None:
    """Show a response as the service stores it, as JSON."""
    ident = chosen_id(chat, response_id)
    found = await chat.stoppable(patiently(lambda: chat.service.look(ident), ports(chat), safe=True))
    chat.terminal.say(json.dumps(without_base64(found), indent=2, ensure_ascii=False))


@command("items")
async def items(chat: Chat, response_id: Annotated[str, Words(ids_of)] = "") -> None:
    """Show the input items of a response as the service has them, page by page."""
    ident = chosen_id(chat, response_id)
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
