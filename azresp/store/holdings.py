"""What is kept, in numbers: here, and at services as far as this store knows of it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from azresp.store.database import Database
from azresp.store.deletions import RETAINED_S

CONTAINER_S = 3600.0
"""A container of the code interpreter is gone an hour after it was made at the latest (facts.md 5)."""


@dataclass(frozen=True, slots=True)
class Held:
    """Things of one kind at one service."""

    origin: str
    count: int
    oldest: float
    """seconds since the epoch"""
    newest: float
    bytes: int = 0
    lasting: int = 0
    """how many of them have no end"""


class Holdings:
    """Reads only. Raises LocalError."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def kept(self) -> tuple[int, int]:
        """How many sessions and exchanges are here."""
        ((sessions, exchanges),) = self._db.rows(
            "select (select count(*) from sessions), (select count(*) from exchanges)"
        )
        return sessions, exchanges

    def responses(self, now: float) -> list[Held]:
        """Those that the services have still, as far as we know."""
        rows = self._db.rows(
            "select origin, count(*), min(asked_at), max(asked_at) from exchanges "
            "where response_id <> '' and stored and not deleted and asked_at > ? group by origin order by origin",
            (now - RETAINED_S,),
        )
        return [Held(*row) for row in rows]

    def uploads(self, now: float) -> list[Held]:
        """Files that were uploaded from here and are not expired."""
        rows = self._db.rows(
            "select origin, count(*), min(uploaded_at), max(uploaded_at), sum(bytes), sum(expires_at is null) "
            "from uploads where expires_at is null or expires_at > ? group by origin order by origin",
            (now,),
        )
        return [Held(*row) for row in rows]

    def containers(self, now: float) -> list[Held]:
        """Containers in which code ran within the hour."""
        return self._named("cntr_", now - CONTAINER_S)

    def conversations(self) -> list[Held]:
        """Conversations at the service that were made here, or that a response here belongs to, as far as not gone."""
        rows = self._db.rows("select origin, id, made_at, gone from conversations")
        made = {(origin, ident): (at, at) for origin, ident, at, gone in rows if not gone}
        return self._named("conv_", 0.0, made, {(origin, ident) for origin, ident, _, gone in rows if gone})

    def _named(
        self,
        prefix: str,
        since: float,
        seen: dict[tuple[str, str], tuple[float, float]] | None = None,
        gone: Collection[tuple[str, str]] = (),
    ) -> list[Held]:
        """Objects that answers name by ids with a prefix, those last named since a time, and those `seen` elsewhere."""
        seen = {} if seen is None else seen
        pattern = re.compile(rf'"({prefix}[A-Za-z0-9_-]+)"')
        for origin, at, turn in self._db.rows(
            "select origin, asked_at, turn from exchanges where asked_at > ? and instr(turn, ?)",
            (since, f'"{prefix}'),
        ):
            for ident in {one for one in pattern.findall(str(turn)) if (origin, one) not in gone}:
                first, last = seen.get((origin, ident), (at, at))
                seen[origin, ident] = min(first, at), max(last, at)
        return [
            Held(origin, len(times), min(first for first, _ in times), max(last for _, last in times))
            for origin in sorted({place for place, _ in seen})
            if (times := [span for (place, _), span in seen.items() if place == origin])
        ]
