"""The input items of a response, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from azresp.core.events import dicts
from azresp.core.sse import Wire
from azresp.ports import Ports
from azresp.waiting import patiently


class Items(Protocol):
    """Who has the items."""

    async def input_items(
        self, response_id: str, *, limit: int = 20, order: str = "asc", after: str = ""
    ) -> Wire: ...


async def input_item_pages(
    service: Items, response_id: str, ports: Ports, *, size: int = 100
) -> AsyncIterator[tuple[Wire, ...]]:
    """All input items in order, oldest first, in pages of `size` (1 to 100)."""
    after = ""
    while True:
        page = await _page(service, response_id, ports, size, after)
        items = dicts(page.get("data"))
        yield items
        after = str(page.get("last_id") or "")
        if not page.get("has_more") or not after or not items:
            return


async def _page(service: Items, response_id: str, ports: Ports, size: int, after: str) -> Wire:
    return await patiently(
        lambda: service.input_items(response_id, limit=size, order="asc", after=after), ports, safe=True
    )
