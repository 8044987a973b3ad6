"""The logs of background responses: in memory while they are read, and in the vault's file for the next start."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

from ..reply import Event
from .log import Log

_SCHEMA = """
CREATE TABLE IF NOT EXISTS logs (
  id TEXT PRIMARY KEY, opening TEXT NOT NULL, input TEXT NOT NULL, created_at REAL NOT NULL, streamed INTEGER NOT NULL,
  ended INTEGER NOT NULL DEFAULT 0, cancelled TEXT
);
CREATE TABLE IF NOT EXISTS log_events (
  id TEXT NOT NULL, n INTEGER NOT NULL, due REAL NOT NULL, body TEXT NOT NULL, PRIMARY KEY (id, n)
) WITHOUT ROWID;
"""
_IN_MEMORY = 64
"""So many logs stay at hand, and all that run; others are read from the file again."""


class LogShelf:
    """Logs by response id."""

    def __init__(self, db: sqlite3.Connection, clock: Callable[[], float]) -> None:
        self._db = db
        self._clock = clock
        self._db.executescript(_SCHEMA)
        self._logs: dict[str, Log] = {}
        self._kept: dict[str, int] = {}
        self._orphans = {row[0] for row in db.execute("SELECT id FROM logs WHERE ended = 0")}

    def begin(self, log: Log) -> None:
        """A new log; it is in the file before its client hears of it."""
        id_ = log.opening["id"]
        self._hold(log, 0)
        self._db.execute(
            "INSERT INTO logs (id, opening, input, created_at, streamed) VALUES (?, ?, ?, ?, ?)",
            (id_, _dump(log.opening), _dump(log.own_items), log.created_at, log.streamed),
        )

    def keep(self, id_: str) -> None:
        """Write what the log has gained."""
        log = self._logs[id_]
        new = log.entries(self._kept[id_])
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT OR REPLACE INTO log_events VALUES (?, ?, ?, ?)",
            ((id_, number, due, _dump(event)) for number, due, event in new),
        )
        cancelled = None if log.cancelled is None else _dump(log.cancelled)
        self._db.execute("UPDATE logs SET ended = ?, cancelled = ? WHERE id = ?", (log.ended, cancelled, id_))
        self._db.execute("COMMIT")
        self._kept[id_] += len(new)

    def cut(self, id_: str) -> None:
        """The log has lost its end."""
        size = self._logs[id_].size
        self._db.execute("DELETE FROM log_events WHERE id = ? AND n >= ?", (id_, size))
        self._kept[id_] = min(self._kept[id_], size)

    def get(self, id_: str) -> Log | None:
        """The log of a response, if it is a background one."""
        if id_ not in self._logs:
            log = self._load(id_)
            if log is None:
                return None
            self._hold(log, log.size)
        return self._logs[id_]

    def forget(self, id_: str) -> None:
        """The response was deleted."""
        self._logs.pop(id_, None)
        self._kept.pop(id_, None)
        for table in ("logs", "log_events"):
            self._db.execute(f"DELETE FROM {table} WHERE id = ?", (id_,))  # noqa: S608

    def orphans(self) -> Iterator[Log]:
        """Logs that an earlier process did not bring to their end; each is given once."""
        while self._orphans:
            log = self.get(self._orphans.pop())
            if log is not None:
                yield log

    def _hold(self, log: Log, kept: int) -> None:
        id_, now = log.opening["id"], self._clock()
        self._logs[id_], self._kept[id_] = log, kept
        if (surplus := len(self._logs) - _IN_MEMORY) > 0:
            over = [key for key, one in self._logs.items() if one.ended and one.over(now) and key != id_]
            for key in over[:surplus]:
                del self._logs[key], self._kept[key]

    def _load(self, id_: str) -> Log | None:
        columns = "opening, input, created_at, streamed, ended, cancelled"
        with closing(self._db.execute(f"SELECT {columns} FROM logs WHERE id = ?", (id_,))) as rows:  # noqa: S608
            row = rows.fetchone()
        if row is None:
            return None
        opening, own, created_at, streamed, ended, cancelled = row
        with closing(
            self._db.execute("SELECT due, body FROM log_events WHERE id = ? ORDER BY n", (id_,))
        ) as rows:
            events = [(due, json.loads(body)) for due, body in rows]
        log = Log(
            json.loads(opening),
            json.loads(own),
            created_at,
            streamed=bool(streamed),
            events=events,
            ended=bool(ended),
        )
        log.cancelled = json.loads(cancelled) if cancelled else None
        return log


def _dump(value: Event | list[Event]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
