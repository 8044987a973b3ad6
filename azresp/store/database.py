"""The store's connection: every failure of SQLite becomes one of ours, and every text can be written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from azresp.core.text import mend
from azresp.errors import LocalError
from azresp.store.schema import connect, reason

HASTY_MS = 100


class Database:
    """One connection to the store at `path`, or in memory. Every method raises LocalError."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.raw = connect(path)

    def close(self) -> None:
        """Close the file; nothing more can be read or written."""
        self.raw.close()

    def run(self, sql: str, values: tuple[object, ...] = ()) -> int:
        """Execute one statement; tells how many rows it changed."""
        with self._explaining():
            return self.raw.execute(sql, _writable(values)).rowcount

    def rows(self, sql: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows of a question."""
        with self._explaining():
            return self.raw.execute(sql, _writable(values)).fetchall()

    def row(self, sql: str, values: tuple[object, ...] = ()) -> tuple[Any, ...] | None:
        """The first row of a question."""
        return next(iter(self.rows(sql, values)), None)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All statements inside count, or none."""
        with self._explaining():
            self.raw.execute("begin immediate")
            try:
                yield
                self.raw.execute("commit")
            except BaseException:
                if self.raw.in_transaction:
                    self.raw.execute("rollback")
                raise

    @contextmanager
    def erasing(self) -> Iterator[None]:
        """What is deleted inside is overwritten in the file and its log as well; all statements count, or none."""
        with self.shredding(), self.writing():
            yield
        # Where another process reads just now, the log goes with the next erasing or the last one to close.
        self.rows("pragma wal_checkpoint(truncate)")

    @contextmanager
    def shredding(self) -> Iterator[None]:
        """Whatever SQLite needs no more inside is overwritten in the file, not left for later use."""
        ((before,),) = self.rows("pragma secure_delete")
        self.run("pragma secure_delete = on")
        try:
            yield
        finally:
            self.run(f"pragma secure_delete = {before}")

    @contextmanager
    def durable(self) -> Iterator[None]:
        """What is written inside outlives a power cut, not only the end of this process."""
        self.run("pragma synchronous = full")
        try:
            yield
        finally:
            self.run("pragma synchronous = normal")

    @contextmanager
    def hasty(self) -> Iterator[None]:
        """What is written inside hardly waits for another process's lock."""
        ((patience_ms,),) = self.rows("pragma busy_timeout")
        self.run(f"pragma busy_timeout = {min(patience_ms, HASTY_MS)}")
        try:
            yield
        finally:
            self.run(f"pragma busy_timeout = {patience_ms}")

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.OperationalError, sqlite3.IntegrityError, sqlite3.ProgrammingError) as error:
            raise LocalError(
                f"the store could not be used: {reason(error)}", "Is the disk full or the file locked?"
            ) from error
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise LocalError(
                # SQLite says the same of a read that failed, which the next one may not.
                f"the store {self.path} is damaged or can't be read: {reason(error)}",
                "If it stays so, move it away; `sqlite3 FILE .recover` may get its rows back.",
            ) from error


def _writable(values: tuple[object, ...]) -> tuple[Any, ...]:
    return tuple(mend(one) if isinstance(one, str) else one for one in values)
