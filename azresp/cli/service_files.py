"""The files at one service: uploaded, listed, looked at, fetched, deleted; and what is remembered of uploads."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, TypeVar

from azresp.cli.patience import ports
from azresp.core.uploads import Upload, file_told
from azresp.errors import LocalError, NetworkError, ServiceError
from azresp.waiting import patiently

if TYPE_CHECKING:
    from azresp.azure.gateway import Gateway
    from azresp.core.sse import Wire
    from azresp.store.store import Store

T = TypeVar("T")
PAGE = 100


Progress = Callable[[str, int, int], object]
"""Hears of the bytes of a name on their way: how many of how many (0: not known)."""


class _Sink(Protocol):
    def write(self, piece: bytes, /) -> object: ...


class ServiceFiles:
    """Files by name and id. `tell` gets lines for the user, `progress` hears of bytes on their way.

    Raises what the gateway raises, and LocalError for local files; what can't be remembered of an upload is only told.
    """

    def __init__(
        self,
        gateway: Gateway,
        store: Store,
        tell: Callable[[str], object],
        progress: Progress = lambda name, done, size: None,
    ) -> None:
        self._gateway = gateway
        self._store = store
        self._tell = tell
        self._progress = progress
        self._ports = ports(gateway, tell)

    @property
    def origin(self) -> str:
        """Which service this is about."""
        return self._gateway.origin

    async def upload(self, path: Path, purpose: str = "", expires_after_s: int | None = None) -> Wire:
        """Upload a file that the user named; answers with the file object. Sent once: see `NetworkError.reached`."""
        from azresp.media.outgoing import outgoing

        with outgoing(path, partial(self._progress, path.name)) as file:
            digest = await asyncio.to_thread(file.digest)
            wish = Upload(
                "", self.origin, digest, file.name, purpose or file.purpose, file.size, 0.0, by_hand=True
            )
            told = await self._send(wish, file.file, file.mime, expires_after_s)
            self._remember(told, replace(wish, sha256="") if file.changed else wish)
            if file.changed:
                raise LocalError(
                    f"{path} changed while it was sent: what arrived as {file_told(told).id} may be a mixture",
                    "Delete that one, and upload the file again.",
                )
        return told

    async def look(self, ident: str) -> Wire:
        """The file object."""
        return await self._patient(lambda: self._gateway.files.get(ident))

    async def listed(self, limit: int | None = None, purpose: str = "") -> tuple[list[Wire], bool]:
        """The files at the service, newest first, `limit` at most; and whether there are more."""
        found: dict[str, Wire] = {}
        after = ""
        while True:
            page = await self._patient(
                partial(
                    self._gateway.files.list, limit=min(limit or PAGE, PAGE), after=after, purpose=purpose
                )
            )
            data = [one for one in page.get("data") or () if isinstance(one, dict) and file_told(one).id]
            new = {file_told(one).id: one for one in data}
            grew = new.keys() - found.keys()  # a service that gives the same page for ever ends the loop
            found = {**found, **new}
            more = page.get("has_more") is True and bool(grew)
            if not more or (limit is not None and len(found) >= limit):
                kept = list(found.values())[:limit]
                return kept, more or len(kept) < len(found)
            after = file_told(data[-1]).id

    async def save(self, ident: str, path: Path, container: str = "") -> int:
        """Fetch a file's bytes into a new file; tells how many. It appears whole or not at all, replacing nothing."""
        from azresp.media.output import demand_free, output_file

        demand_free(path)

        async def once() -> int:
            with output_file(path) as file:
                return await self._fetch(ident, container, file)

        return await self._patient(once)

    async def spool(self, ident: str, container: str = "") -> BinaryIO:
        """A file's bytes in a temporary file without a name, from its beginning."""
        spooled: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it

        async def once() -> int:
            spooled.seek(0)
            spooled.truncate()
            return await self._fetch(ident, container, spooled)

        try:
            await self._patient(once)
        except BaseException:
            spooled.close()
            raise
        spooled.seek(0)
        return spooled

    async def delete(self, ident: str) -> bool:
        """Delete a file at the service and forget it here; False if it was not there, which is fine too."""
        there = True
        try:
            await self._patient(lambda: self._gateway.files.delete(ident))
        except ServiceError as error:
            if not is_gone(error, ident):
                raise
            there = False
        self._remembering(lambda: self._store.uploads.forget(self.origin, ident))
        return there

    def known_ids(self) -> list[str]:
        """The ids of the files that were uploaded from here, newest first."""
        return [
            one.file_id for one in self._remembering(lambda: self._store.uploads.listed(self.origin)) or ()
        ]

    def unused(self, older_than_s: float, *, by_hand: bool = False) -> Sequence[Upload]:
        """Uploads of ours that no exchange builds on, oldest first. Raises LocalError."""
        return self._store.uploads.unused(self.origin, time.time() - older_than_s, by_hand=by_hand)

    def is_unused(self, one: Upload, older_than_s: float) -> bool:
        """No exchange took the upload up meanwhile. Raises LocalError."""
        return one.file_id in {other.file_id for other in self.unused(older_than_s, by_hand=True)}

    async def _send(
        self, wish: Upload, content: BinaryIO | bytes, mime: str, expires_after_s: int | None
    ) -> Wire:
        send = self._gateway.files.upload

        async def once() -> Wire:
            return await send(content, wish.name, wish.purpose, mime=mime, expires_after_s=expires_after_s)

        try:
            told = await patiently(once, self._ports, safe=False)
        except NetworkError as error:
            if error.reached:
                error.hint = "It may have arrived, so it is not sent again: `azresp files list` tells."
            raise
        finally:
            self._progress(wish.name, 0, 0)
        if not file_told(told).id:
            raise NetworkError("the service took the file and told no id", "`azresp files list` may show it.")
        return told

    def _remember(self, told: Wire, wish: Upload) -> None:
        file = file_told(told)
        made = replace(wish, file_id=file.id, uploaded_at=time.time(), expires_at=file.expires_at)
        self._remembering(partial(self._store.uploads.remember, made))

    async def _fetch(self, ident: str, container: str, sink: _Sink) -> int:
        files, done = self._gateway.files, 0
        pieces = files.container_content(container, ident) if container else files.content(ident)
        try:
            async with aclosing(pieces) as coming:
                async for piece in coming:
                    sink.write(piece)
                    done += len(piece)
                    self._progress(ident, done, 0)
        finally:
            self._progress(ident, 0, 0)
        return done

    async def _patient(self, ask: Callable[[], Awaitable[T]]) -> T:
        return await patiently(ask, self._ports, safe=True)

    def _remembering(self, act: Callable[[], T]) -> T | None:
        """What the store says; where it can't be used, that is told and nothing else is held up."""
        try:
            return act()
        except LocalError as error:
            self._tell(f"warning: uploads are not remembered: {error.what}")
            return None


def is_gone(error: ServiceError, ident: str) -> bool:
    """The service does not have the file (any more); a 404 may also mean a wrong path."""
    told = error.what.lower()
    return error.status == 404 and error.code != "404" and (ident.lower() in told or "no such file" in told)
