"""The verbs of `/vector_stores`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .. import refusals
from ..paging import page
from .stores import Stores

if TYPE_CHECKING:
    from ..call import Answer, Call, Verb

_MOST_FILES = 500
_STORE_FIELDS = ("file_ids", "name", "description", "expires_after", "chunking_strategy", "metadata")
_FILE_FIELDS = ("file_id", "attributes", "chunking_strategy")


class StoreRoutes:
    """Stores, and the files in them."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def verbs(self) -> list[tuple[str, str, Verb]]:
        one, files = "/vector_stores/{id}", "/vector_stores/{id}/files"
        return [
            ("POST", "/vector_stores", self._create),
            ("GET", "/vector_stores", self._list),
            ("GET", one, self._retrieve),
            ("DELETE", one, self._delete),
            ("POST", files, self._add),
            ("GET", files, self._files),
            ("GET", files + "/{file}", self._file),
            ("DELETE", files + "/{file}", self._remove),
        ]

    async def _create(self, call: Call) -> Answer:
        about = _fields(call.body, _STORE_FIELDS)
        ids = about.get("file_ids") or []
        if not isinstance(ids, list):
            raise refusals.wrong_type("file_ids", "an array of strings", ids)
        if len(ids) > _MOST_FILES:
            raise refusals.invalid(
                f"Invalid 'file_ids': array too long. Expected an array with maximum length {_MOST_FILES}, but got an "
                f"array with length {len(ids)} instead.",
                "file_ids",
                "array_above_max_length",
            )
        _check(about, "name", str, "a string")
        _check(about, "metadata", dict, "an object")
        return call.plain(await asyncio.to_thread(self._stores.create, about))

    async def _list(self, call: Call) -> Answer:
        return call.plain(page(self._stores.newest_first(), call.request.query_params))

    async def _retrieve(self, call: Call) -> Answer:
        return call.plain(self._stores.get(call.id))

    async def _delete(self, call: Call) -> Answer:
        return call.plain(self._stores.delete(call.id))

    async def _add(self, call: Call) -> Answer:
        about = _fields(call.body, _FILE_FIELDS)
        if about.get("file_id") is None:
            raise refusals.missing("file_id")
        _check(about, "attributes", dict, "an object")
        attributes = about.get("attributes") or {}
        return call.plain(await asyncio.to_thread(self._stores.add, call.id, about["file_id"], attributes))

    async def _files(self, call: Call) -> Answer:
        return call.plain(page(self._stores.files(call.id), call.request.query_params))

    async def _file(self, call: Call) -> Answer:
        return call.plain(self._stores.file(call.id, call.request.path_params["file"]))

    async def _remove(self, call: Call) -> Answer:
        return call.plain(self._stores.remove(call.id, call.request.path_params["file"]))


def _fields(body: Any, known: tuple[str, ...]) -> Mapping[str, Any]:
    """An object with these fields only; no body at all is an empty one."""
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise refusals.invalid(
            "We could not parse the JSON body of your request. The API expects a JSON object."
        )
    for name in body:
        if name not in known:
            raise refusals.unknown_parameter(name)
    return body


def _check(about: Mapping[str, Any], name: str, type_: type, called: str) -> None:
    if about.get(name) is not None and not isinstance(about[name], type_):
        raise refusals.wrong_type(name, called, about[name])
