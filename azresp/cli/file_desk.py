"""What is attached to a message, made ready to be sent: read, uploaded where it is large, kept beside the store."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, BinaryIO

from azresp.cli.attachments import Dropped, attachment_folder, dropping_attachments
from azresp.cli.service_files import ServiceFiles, is_gone
from azresp.core.uploads import Upload, file_told
from azresp.errors import LocalError, ServiceError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from azresp.core.pictures import Kept
    from azresp.core.sse import Wire
    from azresp.media.attachment import Attachment, Detail, Family
    from azresp.media.keeping import AttachmentFolder


class FileDesk(ServiceFiles):
    """The files of one service, and the attachments of one store. Raises UsageError for what can't be sent."""

    @cached_property
    def folder(self) -> AttachmentFolder | None:
        """Where their bytes are kept; None for a store in memory."""
        return attachment_folder(self._store)

    async def attach(
        self,
        text: str,
        kind: Family | None = None,
        detail: Detail = "auto",
        *,
        stdin: BinaryIO | None = None,
    ) -> Attachment:
        """What the user's word (path, URL, data URL, clipboard, -, id:…) names, read and recognised."""
        from azresp.media.attaching import attach
        from azresp.media.sources import source_of

        source = source_of(text)
        return await asyncio.to_thread(attach, source, kind, detail=detail, env=os.environ, stdin=stdin)

    async def ready(self, attachments: Iterable[Attachment]) -> list[Wire]:
        """The parts of an input message: large ones uploaded or found at the service, others kept beside the store.

        Raises UsageError, before anything is uploaded, if they can't go in one request.
        """
        from azresp.media.attachment import demand_fitting

        chosen = list(attachments)
        demand_fitting(one.uploaded("assistant-") if one.to_upload else one for one in chosen)
        return [await self._part(one) for one in chosen]

    def used(self, exchange_id: str, said: Iterable[Wire]) -> None:
        """An exchange is about to be asked: the files that it names are kept while it is. Never raises."""
        for ident in set(_file_ids(said)):
            self._remembering(partial(self._store.uploads.use, self.origin, ident, exchange_id))

    def dropping(self) -> AbstractContextManager[Dropped]:
        """Around the removal of exchanges: the attachments that only they referred to go with them."""
        return dropping_attachments(self._store)

    async def _part(self, one: Attachment) -> Wire:
        if one.to_upload:
            one = one.uploaded(await self._at_service(one))
        return one.to_part(await asyncio.to_thread(self._keep, one))

    def _keep(self, one: Attachment) -> Kept | None:
        if self.folder is None:
            return None
        try:
            return self.folder.keep(one)
        except LocalError as error:
            # A full disk keeps nobody from an answer: then the bytes stay in the session itself.
            self._tell(f"warning: {one.name} is not kept on this machine: {error.what}")
            return None

    async def _at_service(self, one: Attachment) -> str:
        """The id of these bytes at the service: of an earlier upload if it is still there, else of a new one."""
        from azresp.media.attachment import Inline
        from azresp.media.reading import sized

        assert isinstance(one.way, Inline)  # noqa: S101 - `to_upload` is true of nothing else
        digest = one.way.sha256
        known = self._remembering(
            lambda: self._store.uploads.find(self.origin, digest, one.purpose, time.time())
        )
        if known is not None and await self._is_there(known):
            taken = replace(known, uploaded_at=time.time())
            self._remembering(partial(self._store.uploads.remember, taken))
            return known.file_id
        self._tell(f"uploading {one.name} ({sized(one.size)})")
        upload = Upload("", self.origin, digest, one.name, one.purpose, one.size, 0.0)
        told = await self._send(upload, one.way.data, one.mime, None)
        self._remember(told, upload)
        return file_told(told).id

    async def _is_there(self, known: Upload) -> bool:
        try:
            status = file_told(await self.look(known.file_id)).status
        except ServiceError as error:
            if not is_gone(error, known.file_id):
                raise
            status = "deleted"
        if status not in ("error", "deleting", "deleted"):
            return True
        self._remembering(lambda: self._store.uploads.forget(self.origin, known.file_id))
        return False

    def tidy(self, older_than_s: float) -> int:
        """Remove attachments here that no exchange refers to; tells how many went. Raises LocalError."""
        if self.folder is None:
            return 0
        return self.folder.prune(self._store.kept_files(), time.time() - older_than_s)


def _file_ids(said: Iterable[Wire]) -> Iterator[str]:
    """The ids of the files that input items name."""
    for item in said:
        for name in ("content", "output"):
            parts = item.get(name)
            for part in parts if isinstance(parts, list) else ():
                ident = part.get("file_id") if isinstance(part, dict) else None
                if isinstance(ident, str):
                    yield ident
