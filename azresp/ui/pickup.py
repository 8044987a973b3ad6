"""Picking up a conversation that this machine does not know, from a response id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azresp.core.events import Snapshot
from azresp.core.session import Exchange, Session
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
    session, exchange = fetched(chat, response, tuple(said))
    chat.library.add(session, [exchange])
    return session


def fetched(chat: Chat, response: Wire, said: tuple[Wire, ...]) -> tuple[Session, Exchange]:
    """One exchange from a fetched response, and a session that ends with it."""
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
        chat.library.free_name(exchange.question or turn.id),
        exchange.id if turn.finished else None,
        exchanges={exchange.id: exchange},
    )
    return session, exchange
