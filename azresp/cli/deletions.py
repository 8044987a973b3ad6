"""Deleting responses at the service: one after the other, what fails is remembered and tried again at the next time."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from azresp.cli.report import StatusLine, note, tell
from azresp.cli.responses_work import delete_one
from azresp.core.conversation import is_conversation
from azresp.errors import AzrespError, Exit, NetworkError, SignInError
from azresp.ui.counting import counted

if TYPE_CHECKING:
    from azresp.cli.connect import Reached
    from azresp.store.store import Store


class Deleter:
    """Deletes at one service; `status` is the exit status for how it went."""

    def __init__(self, reached: Reached, store: Store) -> None:
        self.status: int = Exit.OK
        self.gone: set[str] = set()
        """the responses that the service has no more"""
        self._gateway = reached.gateway
        self._store = store
        self._stuck = ""
        """why none of the others need be tried"""

    @property
    def origin(self) -> str:
        """Which service."""
        return self._gateway.origin

    async def delete_all(self, responses: Iterable[tuple[str, str]]) -> None:
        """Delete (response id, origin) pairs; all that can't be deleted now is remembered."""
        status_line = StatusLine()
        wanted = list(responses)
        for number, (ident, origin) in enumerate(wanted, 1):
            if len(wanted) > 20:
                status_line.show(f"deleting at the service: {number:,} of {len(wanted):,}")
            await self._delete(ident, origin)
        status_line.show("")

    async def retry(self) -> None:
        """Delete what could not be deleted before; told if there was something."""
        waiting = self._store.deletions.waiting(time.time(), self.origin)
        waiting = [one for one in waiting if one.response_id not in self.gone]
        await self.delete_all((one.response_id, one.origin) for one in waiting)
        if done := sum(one.response_id in self.gone for one in waiting):
            note(f"{counted(done, 'response')} that could not be deleted before: deleted now")

    async def _delete(self, ident: str, origin: str) -> None:
        if origin and origin != self.origin:
            self._want(ident, origin, f"belongs to {origin}, not to {self.origin}", Exit.API)
            return
        if self._stuck:
            self._store.deletions.want(ident, self.origin, time.time(), self._stuck)
            return
        try:
            await delete_one(self._gateway, ident)
        except AzrespError as error:
            if isinstance(error, SignInError | NetworkError):
                self._stuck = error.what  # the others would meet the same
            tell(error)
            self._want(ident, self.origin, error.what, error.exit if self._stuck else Exit.API)
            return
        self._store.mark_deleted(ident, self.origin)
        self.gone.add(ident)

    def _want(self, ident: str, origin: str, why: str, status: Exit) -> None:
        if not self._stuck:
            note(f"{ident}: {why}: not deleted")
        self._store.deletions.want(ident, origin, time.time(), why)
        self.status = self.status or status


def told_there(pairs: Iterable[tuple[str, str]]) -> str:
    """How many responses and conversations these are."""
    idents = [ident for ident, _ in pairs]
    talks = sum(map(is_conversation, idents))
    told = counted(len(idents) - talks, "response")
    return f"{told} and {counted(talks, 'conversation')}" if talks else told
