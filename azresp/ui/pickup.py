"""Picking up a conversation that this machine does not know, from a response id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azresp.core.events import Snapshot
from azresp.core.session import Exchange, Session, said_text
from azresp.core.sse import Wire
from azresp.core.turn import fold
from azresp.engine import patiently
from azresp.ui.pages import input_item_pages

if TYPE_CHECKING:
    from azresp.ui.chat import Chat


async def pick_up(chat: Chat, response_id: str) -> Session:
    """A new session that goes on from a response at the service. Raises ServiceError if it does not have it."""
    from azresp.ui.commands.service import ports

    asking = ports(chat)
    response = await patiently(lambda: chat.service.look(response_id), asking, safe=True)
    said: list[Wire] = []
    async for page in input_item_pages(chat.service, response_id, asking):
        said += page
    # Its pictures become files like those of an answer that is heard; also, a reference that the service wrote
    # itself must not choose what is read here.
    name = chat.library.free_name("\n".join(map(said_text, said)).strip() or response_id)
    pictures = chat.gallery.turn(Session("", name))
    response, page_of_all = await pictures.cut([response, {"data": [_unforged(item) for item in said]}])
    session, exchange = fetched(chat, name, response, tuple(page_of_all["data"]))
    chat.library.add(session, [exchange])
    return session


def _unforged(item: Wire) -> Wire:
    """An input item in whose parts a picture or file is a text, as the service has it, or nothing."""
    for place in ("content", "output"):
        if isinstance(parts := item.get(place), list):
            item = item | {place: [_plain(part) if isinstance(part, dict) else part for part in parts]}
    return item


def _plain(part: Wire) -> Wire:
    return {
        key: value
        for key, value in part.items()
        if key not in ("image_url", "file_data") or isinstance(value, str)
    }


def fetched(chat: Chat, name: str, response: Wire, said: tuple[Wire, ...]) -> tuple[Session, Exchange]:
    """One exchange from a fetched response, and a session of that name that ends with it."""
    turn = fold([Snapshot(None, response)])
    exchange = Exchange(
        id=chat.clock.ident(),
        parent=None,
        said=said,
        turn=turn,
        asked_at=float(response.get("created_at") or chat.clock.now()),
        deployment=str(response.get("model") or ""),
        origin=chat.service.origin,
    )
    session = Session(
        chat.clock.ident(),
        name,
        exchange.id if turn.finished else None,
        exchanges={exchange.id: exchange},
    )
    return session, exchange
