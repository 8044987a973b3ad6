"""Conversations at services that were made from here: who made them, and whether they are gone there."""

from __future__ import annotations

from collections.abc import Iterable

from azresp.core.conversation import CONVERSATION
from azresp.store.database import Database
from azresp.store.exchanges import Leaving
from azresp.store.rows import write_json


class Conversations:
    """The table `conversations`. Raises LocalError."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def made(self, ident: str, origin: str, session_id: str, now: float) -> None:
        """Remember that a session made one."""
        self._db.run(
            "insert or ignore into conversations (origin, id, session, made_at) values (?, ?, ?, ?)",
            (origin, ident, session_id, now),
        )

    def gone(self, ident: str, origin: str) -> None:
        """Remember that the service has it no more, whoever made it."""
        self._db.run(
            "insert into conversations (origin, id, session, made_at, gone) values (?, ?, '', 0, 1) "
            "on conflict (origin, id) do update set gone = 1",
            (origin, ident),
        )

    def leaving(self, doomed: Iterable[str]) -> list[Leaving]:
        """Those that sessions made; not one that another session talks in."""
        ids = write_json(sorted(doomed))
        rows = self._db.rows(
            "select session, id, origin from conversations c where not gone "
            "and session in (select value from json_each(?)) and not exists (select 1 from sessions s "
            "where case when json_valid(s.settings) then json_extract(s.settings, ?) end = c.id || '@' || c.origin "
            "and s.id not in (select value from json_each(?))) order by made_at",
            (ids, f"$.{CONVERSATION}", ids),
        )
        return [Leaving(session, ident, origin, True) for session, ident, origin in rows]
