"""The lines of batches: exchanges whose ids are made from what they ask. The row is the claim to send it."""

from __future__ import annotations

from typing import NamedTuple

from azresp.core.batch import PREFIX
from azresp.core.session import Exchange, Session
from azresp.store.database import Database
from azresp.store.exchanges import Exchanges
from azresp.store.jobs import OF_BATCH
from azresp.store.owner import this_process
from azresp.store.sessions import Sessions


class Counted(NamedTuple):
    """A batch in one line."""

    name: str
    claimed: int
    """lines that were sent"""
    running: int
    asked_at: float
    """when the last one was"""


class Batches:
    """Claims, and what became of them. Raises LocalError."""

    def __init__(self, database: Database, exchanges: Exchanges, sessions: Sessions) -> None:
        self._db = database
        self._exchanges = exchanges
        self._sessions = sessions

    def latest(self, base: str, *, again: bool) -> str:
        """The id of the last batch that was begun as `base`, or of a new one."""
        number = 1
        while self._sessions.has(_numbered(base, number + 1)):
            number += 1
        return _numbered(base, number + 1 if again and self._sessions.has(base) else number)

    def claim(self, session: Session, exchange: Exchange) -> bool:
        """Become the one process that sends it; False if another one did. Outlives a power cut."""
        with self._db.durable(), self._db.writing():
            self._sessions.ensure(session)
            ours = self._exchanges.insert(session.id, exchange, sealed=False)
            if ours:
                self._db.run("update exchanges set job = ?, number = 0 where id = ?", (OF_BATCH, exchange.id))
        return ours

    def release(self, exchange_id: str) -> None:
        """Take our own claim back: surely nobody saw the request."""
        self._delete(exchange_id, "sealed = 0 and owner = ?", this_process())

    def reopen(self, exchange_id: str) -> None:
        """Let a line be sent again that was refused, or whose outcome nobody knows. Another's new claim stays."""
        self._delete(exchange_id, "sealed = 1")

    def _delete(self, exchange_id: str, condition: str, *values: object) -> None:
        with self._db.writing():
            self._db.run(
                f"delete from exchanges where id = ? and job = {OF_BATCH} and response_id = '' and {condition}",  # noqa: S608
                (exchange_id, *values),
            )

    def find(self, exchange_id: str) -> tuple[Exchange, bool] | None:
        """The exchange that was claimed, and whether its process is done with it."""
        return self._exchanges.one_sealed(exchange_id)

    def counted(self) -> list[Counted]:
        """Every batch there is, in one line each."""
        rows = self._db.rows(
            "select s.name, count(*), sum(e.status in ('queued', 'in_progress')), max(e.asked_at) "
            "from exchanges e join sessions s on s.id = e.session "
            "where e.session >= ? and e.session < ? group by s.id order by max(e.asked_at)",
            (PREFIX, PREFIX[:-1] + "."),
        )
        return [Counted(*row) for row in rows]


def _numbered(base: str, number: int) -> str:
    return base if number == 1 else f"{base}-{number}"
