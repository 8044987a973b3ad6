"""The list of background jobs: exchanges that run, or ran, at the service without anybody who hears them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from azresp.core.session import Exchange
from azresp.core.sse import Wire
from azresp.store.database import Database
from azresp.store.rows import EXCHANGE, exchange_of

NO_JOB, JOB, TOLD = range(3)
"""Whether an exchange is a background job, and whether the user was told its end."""
OF_BATCH = -1
"""One of many, which the list would be full of: it runs in the background and is not listed."""

ENLIST = (
    f"update exchanges set job = {JOB}, "  # noqa: S608
    "number = (select coalesce(max(number), 0) + 1 from exchanges where job > 0) "
    f"where id = ? and job = {NO_JOB} and sealed = 0"
)
"""Numbers are small, as a shell's: the list begins again at 1 when it is empty."""

_JOBS = f"select number, session, job, {EXCHANGE} from exchanges where job > 0"  # noqa: S608


class Job(NamedTuple):
    """A line of the list."""

    number: int
    session: str
    """id of the session it was asked in"""
    exchange: Exchange
    told: bool
    """the user knows how it ended"""


class Jobs:
    """Reads and marks the list. Raises LocalError."""

    def __init__(self, database: Database, heard: Callable[[str], list[Wire]]) -> None:
        self._db = database
        self._heard = heard

    def listed(self) -> list[Job]:
        """All of them, in the order of their numbers."""
        return self._read("order by number")

    def of(self, exchange_id: str) -> Job | None:
        """The one that an exchange is."""
        return next(iter(self._read("and id = ?", exchange_id)), None)

    def tell(self, exchange_id: str) -> None:
        """The user knows how it ended."""
        self._mark(exchange_id, TOLD)

    def forget(self, exchange_id: str) -> None:
        """Take it off the list; the exchange stays in its session."""
        self._mark(exchange_id, NO_JOB)

    def _read(self, which: str, *values: object) -> list[Job]:
        rows = self._db.rows(f"{_JOBS} {which}", values)
        return [Job(row[0], row[1], exchange_of(row[3:], self._heard), row[2] == TOLD) for row in rows]

    def _mark(self, exchange_id: str, job: int) -> None:
        self._db.run("update exchanges set job = ? where id = ? and job > 0", (job, exchange_id))
