"""Picking up a response that this machine does not know, from its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from azresp.core.events import Snapshot
from azresp.core.pictures import unforged
from azresp.core.session import Exchange, Session, said_text
from azresp.core.sse import Wire
from azresp.core.turn import fold
from azresp.ports import Ports
from azresp.ui.pages import Items, input_item_pages
from azresp.waiting import patiently

if TYPE_CHECKING:
    from azresp.ui.ports import Gallery


class Service(Items, Protocol):
    """Who has the response."""

    async def look(self, response_id: str) -> Wire: ...


class Names(Protocol):
    """Who knows which session names are free."""

    def free_name(self, wish: str) -> str: ...


async def pick_up(
    asking: Ports, service: Service, names: Names, gallery: Gallery, response_id: str
) -> tuple[Session, Exchange]:
    """A new session with the response as its only exchange; neither is kept yet. Raises ServiceError if it is gone.

    A response that still runs is a background job of this machine from then on.
    """
    response = await patiently(lambda: service.look(response_id), asking, safe=True)
    said: list[Wire] = []
    async for page in input_item_pages(service, response_id, asking):
        said += page
    # Its pictures become files like those of an answer that is heard; also, a reference that the service wrote
    # itself must not choose what is read here.
    name = names.free_name("\n".join(map(said_text, said)).strip() or response_id)
    pictures = gallery.turn(Session("", name))
    response, page_of_all = await pictures.cut([response, {"data": [unforged(item) for item in said]}])
    return _fetched(asking, name, response, tuple(page_of_all["data"]))


def _fetched(asking: Ports, name: str, response: Wire, said: tuple[Wire, ...]) -> tuple[Session, Exchange]:
    turn = fold([Snapshot(None, response)])
    exchange = Exchange(
        id=asking.clock.ident(),
        parent=None,
        said=said,
        turn=turn,
        asked_at=float(response.get("created_at") or asking.clock.now()),
        deployment=str(response.get("model") or ""),
        origin=asking.gateway.origin,
        background=response.get("background") is True and not turn.over,
    )
    session = Session(
        asking.clock.ident(),
        name,
        exchange.id if turn.finished else None,
        exchanges={exchange.id: exchange},
    )
    return session, exchange
