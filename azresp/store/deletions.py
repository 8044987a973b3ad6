"""Responses that should be gone from a service and could not be deleted yet: tried again at the next deletion there."""

from __future__ import annotations

from typing import Final, NamedTuple

from azresp.store.database import Database

RETAINED_S: Final = 30 * 86_400.0
"""The service keeps no response for longer (facts.md 5); whoever waits longer than that waits for nothing."""


class Wanted(NamedTuple):
    """A deletion that waits."""

    response_id: str
    """of the response"""
    origin: str
    """the base URL of the service that has it; see `Gateway.origin`"""
    wanted_at: float
    """when it was tried first"""
    why: str
    """why it could not be made"""


class Deletions:
    """The table `deletions`. Raises LocalError."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def want(self, response_id: str, origin: str, now: float, why: str) -> None:
        """Remember a deletion that failed; the time of the first try counts."""
        self._db.run("delete from deletions where wanted_at < ?", (now - RETAINED_S,))
        self._db.run(
            "insert into deletions (origin, response_id, wanted_at, why) values (?, ?, ?, ?) "
            "on conflict (origin, response_id) do update set why = excluded.why",
            (origin, response_id, now, why),
        )

    def done(self, response_id: str, origin: str) -> None:
        """The service has it no more."""
        self._db.run("delete from deletions where response_id = ? and origin = ?", (response_id, origin))

    def waiting(self, now: float, origin: str = "") -> list[Wanted]:
        """Those that wait, at one service or at all, oldest first; not what the service has dropped by itself."""
        rows = self._db.rows(
            "select response_id, origin, wanted_at, why from deletions where wanted_at >= ? and ? in ('', origin) "
            "order by wanted_at",
            (now - RETAINED_S, origin),
        )
        return [Wanted(*row) for row in rows]
