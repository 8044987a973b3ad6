"""Which line of a batch was sent, as which exchange: written before it is sent, so that none is sent twice."""

from __future__ import annotations

from azresp.store.database import Database


class Batches:
    """The table `batch_lines`. Raises LocalError: what can't be remembered must not be sent."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def claim(self, batch: str, line: str, exchange_id: str) -> bool:
        """Remember, for good, that a line is sent now; False if it was before, here or by another process."""
        with self._db.durable():
            made = self._db.run(
                "insert or ignore into batch_lines (batch, line, exchange) values (?, ?, ?)",
                (batch, line, exchange_id),
            )
        return made > 0

    def sent(self, batch: str) -> dict[str, str]:
        """The exchange of every line that was sent."""
        return dict(self._db.rows("select line, exchange from batch_lines where batch = ?", (batch,)))

    def release(self, batch: str, line: str) -> None:
        """The line may be sent (again): it was refused, or the user says so."""
        self._db.run("delete from batch_lines where batch = ? and line = ?", (batch, line))
