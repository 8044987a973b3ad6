"""The SQLite connection that files and vector stores share; safe to use from any thread."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

_PATIENCE_S = 30.0
"""Responses are kept over another connection to the same file; writers wait for each other."""


class Database:
    """One connection, one lock: a large upload is written on a thread while others ask."""

    def __init__(self, path: Path | None, schema: str) -> None:
        if path is not None:
            path.touch(mode=0o600)  # as in vault.py: SQLite would make it readable by others
        self._db = sqlite3.connect(
            path or ":memory:", check_same_thread=False, isolation_level=None, timeout=_PATIENCE_S
        )
        self._lock = threading.RLock()
        if path is not None:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(schema)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of a query, or of a change that returns some."""
        with self._lock, closing(self._db.execute(sql, values)) as cursor:
            return cursor.fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The connection, for a change of several steps: all of them or none."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def close(self) -> None:
        with self._lock:
            self._db.close()
