"""The verbs of `/files`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from .. import refusals
from ..paging import page
from ..wire import Body, service_headers
from .shelf import Shelf, StoredFile
from .upload import PURPOSES, check_upload

if TYPE_CHECKING:
    from ..call import Answer, Call, Verb

_DOWNLOADABLE = ("batch", "fine-tune", "evals")
_MOST_LISTED = 10_000


class FileRoutes:
    """Upload, list, look up, download, delete."""

    def __init__(self, shelf: Shelf, clock: Callable[[], float]) -> None:
        self._shelf = shelf
        self._clock = clock

    def verbs(self) -> list[tuple[str, str, Verb]]:
        return [
            ("POST", "/files", self._upload),
            ("GET", "/files", self._list),
            ("GET", "/files/{id}", self._retrieve),
            ("DELETE", "/files/{id}", self._delete),
            ("GET", "/files/{id}/content", self._content),
            ("GET", "/containers/{id}/files/{file}/content", self._in_container),
        ]

    async def _upload(self, call: Call) -> Answer:
        if call.form is None:
            raise refusals.invalid(
                "The request must be multipart/form-data with the fields file and purpose."
            )
        file, purpose, life = check_upload(call.form)
        stored = await asyncio.to_thread(
            self._shelf.put, file, call.form.size, call.form.filename, purpose, int(self._clock()), life
        )
        return call.plain(stored.wire())

    async def _list(self, call: Call) -> Answer:
        query = call.request.query_params
        purpose = query.get("purpose")
        if purpose is not None and purpose not in PURPOSES:
            raise refusals.gateway(400, "invalidPayload", "Invalid value for the purpose.")
        files = [stored.wire() for stored in self._shelf.newest_first(purpose, self._clock())]
        return call.plain(page(files, query, most=_MOST_LISTED, usual=_MOST_LISTED))

    async def _retrieve(self, call: Call) -> Answer:
        return call.plain(self._file(call.id).wire())

    async def _delete(self, call: Call) -> Answer:
        stored = self._file(call.id)
        self._shelf.delete(stored.id)
        return call.plain({"id": stored.id, "object": "file", "deleted": True})

    async def _content(self, call: Call) -> Answer:
        stored = self._file(call.id)
        if stored.purpose not in _DOWNLOADABLE:
            raise refusals.not_downloadable(stored.purpose)
        content = await asyncio.to_thread(self._shelf.content, stored.id)
        headers = service_headers() | {"content-type": "application/octet-stream"}
        return Body(200, content, headers, call.fault.then if call.fault else None)

    async def _in_container(self, call: Call) -> Answer:
        """Nothing makes containers here, so none is found."""
        raise refusals.invalid(f"Container with id '{call.id}' not found.", status=404)

    def _file(self, id_: str) -> StoredFile:
        stored = self._shelf.get(id_, self._clock())
        if stored is None:
            raise refusals.file_not_found(id_)
        return stored
