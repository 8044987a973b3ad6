"""The verbs of `/conversations`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .. import parameter, refusals
from ..create import check_metadata
from ..paging import page
from .shelf import Conversations, Item

if TYPE_CHECKING:
    from ..call import Answer, Call, Verb

_MOST_ITEMS = 20


class ConversationRoutes:
    """Conversations, and the items in them. `read` checks items and gives them ids."""

    def __init__(
        self, shelf: Conversations, read: Callable[[Any, str], list[Item]], *, refused: bool
    ) -> None:
        self._shelf = shelf
        self._read = read
        self._refused = refused
        """Whether the organisation keeps nothing."""

    def verbs(self) -> list[tuple[str, str, Verb]]:
        one, items = "/conversations/{id}", "/conversations/{id}/items"
        return [
            ("POST", "/conversations", self._create),
            ("GET", one, self._retrieve),
            ("POST", one, self._change),
            ("DELETE", one, self._delete),
            ("POST", items, self._add),
            ("GET", items, self._items),
            ("GET", items + "/{item}", self._item),
            ("DELETE", items + "/{item}", self._remove),
        ]

    async def _create(self, call: Call) -> Answer:
        if self._refused:
            raise refusals.no_conversations()
        about = _fields(call.body, ("metadata", "items"))
        items = self._new_items(about)
        return call.plain(self._shelf.create(about.get("metadata") or {}, items))

    async def _retrieve(self, call: Call) -> Answer:
        return call.plain(self._shelf.get(call.id))

    async def _change(self, call: Call) -> Answer:
        about = _fields(call.body, ("metadata",))
        if about.get("metadata") is None:
            raise parameter.missing("metadata")
        return call.plain(self._shelf.describe(call.id, about["metadata"]))

    async def _delete(self, call: Call) -> Answer:
        return call.plain(self._shelf.delete(call.id))

    async def _add(self, call: Call) -> Answer:
        self._shelf.get(call.id)
        about = _fields(call.body, ("items",))
        if about.get("items") is None:
            raise parameter.missing("items")
        added = self._shelf.add(call.id, self._new_items(about))
        ends = {"first_id": added[0]["id"], "last_id": added[-1]["id"]} if added else {}
        return call.plain({"object": "list", "data": added, "has_more": False, **ends})

    async def _items(self, call: Call) -> Answer:
        return call.plain(page(self._shelf.items(call.id)[::-1], call.request.query_params))

    async def _item(self, call: Call) -> Answer:
        return call.plain(self._shelf.item(call.id, _item_id(call)))

    async def _remove(self, call: Call) -> Answer:
        return call.plain(self._shelf.remove(call.id, _item_id(call)))

    def _new_items(self, about: Mapping[str, Any]) -> list[Item]:
        given = about.get("items") or []
        if not isinstance(given, list):
            raise parameter.wrong_type("items", "an array of input items", given)
        if len(given) > _MOST_ITEMS:
            raise parameter.array_too_long("items", _MOST_ITEMS, len(given))
        return self._read(given, "items")


def _item_id(call: Call) -> str:
    return str(call.request.path_params["item"])


def _fields(body: Any, known: tuple[str, ...]) -> dict[str, Any]:
    if body is None:
        body = {}
    if not isinstance(body, dict):
        raise parameter.wrong_type("body", "an object", body)
    for name in body:
        if name not in known:
            raise parameter.unknown(name)
    if body.get("metadata") is not None:
        check_metadata("metadata", body["metadata"])
    return body
