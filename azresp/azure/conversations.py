"""Conversations at the service: create, look at, page through the items, delete."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from azresp.azure.answer import Answer
from azresp.azure.segment import segment
from azresp.core.sse import Wire

Send = Callable[..., Awaitable[Answer]]


class Conversations:
    """The conversation calls of one endpoint; `send` is the gateway's. All raise what the gateway raises."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def create(self) -> Wire:
        """Begin an empty conversation. Answers with the conversation object."""
        answer = await self._send("POST", "conversations", body={})
        return await answer.whole()

    async def look(self, conversation_id: str) -> Wire:
        """The conversation object."""
        return await self._json("GET", _path(conversation_id))

    async def items(
        self, conversation_id: str, *, limit: int = 100, order: str = "asc", after: str = ""
    ) -> Wire:
        """One page of its items; `has_more` and `last_id` lead to the next."""
        query = {"limit": limit, "order": order} | ({"after": after} if after else {})
        return await self._json("GET", f"{_path(conversation_id)}/items", query)

    async def delete(self, conversation_id: str) -> Wire:
        """Delete the conversation."""
        return await self._json("DELETE", _path(conversation_id))

    async def _json(self, method: str, path: str, query: Mapping[str, Any] | None = None) -> Wire:
        answer = await self._send(method, path, query=query)
        return await answer.whole()


def _path(conversation_id: str) -> str:
    return f"conversations/{segment(conversation_id, 'conversation', 'Ids look like conv_….')}"
