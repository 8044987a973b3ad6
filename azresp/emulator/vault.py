"""Where stored responses live: SQLite, in memory or in a file that survives a restart."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS responses (
  id TEXT PRIMARY KEY, parent TEXT, body TEXT NOT NULL, input TEXT NOT NULL,
  context_tokens INTEGER NOT NULL, visible_at REAL NOT NULL, deleted INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS by_parent ON responses (parent);
CREATE TABLE IF NOT EXISTS items (
  id TEXT NOT NULL, response TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (id, response)
);
CREATE INDEX IF NOT EXISTS by_response ON items (response);
"""
_LONGEST_ITEM = 64 * 1024
_PATIENCE_S = 30.0
"""Uploads are written over another connection, see files/database.py."""


@dataclass(frozen=True, slots=True)
class Record:
    """One stored response: its final object, its own input items, and the response that it goes on from."""

    body: dict[str, Any]
    input: list[dict[str, Any]]
    parent: str | None
    context_tokens: int
    """Tokens of the whole conversation up to and including this answer."""
    visible_at: float = 0.0
    """Unix seconds before which a read does not find it yet."""

    @property
    def id(self) -> str:
        return str(self.body["id"])


class Vault:
    """Stored responses by id. A deleted one is found no more, but answers that go on from it keep their context."""

    def __init__(self, path: Path | None = None, oldest: Callable[[], float] = float) -> None:
        """`oldest`: the time before which responses were created that are found no more."""
        self._oldest = oldest
        if path is not None:
            path.touch(mode=0o600)  # SQLite would make it, and the files beside it, readable by others
        self._db = sqlite3.connect(
            path or ":memory:", check_same_thread=False, isolation_level=None, timeout=_PATIENCE_S
        )
        self.db = self._db
        """for others that keep something in the same file"""
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)

    def put(self, record: Record) -> None:
        """Insert or replace; its items become referable by id."""
        items = [*record.input, *record.body["output"]]
        with self._transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO responses (id, parent, body, input, context_tokens, visible_at) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (
                    record.id,
                    record.parent,
                    _dump(record.body),
                    _dump(record.input),
                    record.context_tokens,
                    record.visible_at,
                ),
            )
            rows = ((item["id"], record.id, _short(_dump(item))) for item in items)
            self._db.executemany("INSERT OR REPLACE INTO items VALUES (?, ?, ?)", rows)

    def get(self, id_: str, now: float) -> Record | None:
        """The record, if it is stored, visible at `now` and not deleted."""
        record, deleted = self._fetch(id_)
        if record is None or deleted or record.visible_at > now or self._is_old(record):
            return None
        return record

    def item(self, id_: str) -> dict[str, Any] | None:
        """An input or output item of any stored response."""
        with closing(
            self._db.execute(
                "SELECT i.body, i.response FROM items i JOIN responses r ON r.id = i.response "
                "WHERE i.id = ? AND json_extract(r.body, '$.created_at') >= ? LIMIT 1",
                (id_, self._oldest()),
            )
        ) as rows:
            row = rows.fetchone()
        if row is None or row[0]:
            return json.loads(row[0]) if row else None
        record, _ = self._fetch(row[1])
        items = [*record.input, *record.body["output"]] if record else []
        return next((item for item in items if item["id"] == id_), None)

    def delete(self, id_: str) -> None:
        """Forget it; while others go on from it its items stay as their context."""
        record, _ = self._fetch(id_)
        if record is None:
            return
        with self._transaction():
            with closing(self._db.execute("SELECT 1 FROM responses WHERE parent = ?", (id_,))) as rows:
                has_children = rows.fetchone() is not None
            if has_children:
                self._db.execute("UPDATE responses SET deleted = 1 WHERE id = ?", (id_,))
                return
            self._db.execute("DELETE FROM responses WHERE id = ?", (id_,))
            self._db.execute("DELETE FROM items WHERE response = ?", (id_,))

    def context(self, record: Record) -> list[dict[str, Any]]:
        """Every item of the conversation up to and including `record`'s answer, oldest first."""
        chain = list(self._ancestry(record))
        return [item for link in reversed(chain) for item in [*link.input, *link.body["output"]]]

    def root(self, record: Record) -> str:
        """The id of the first response of its chain."""
        *_, first = self._ancestry(record)
        return first.id

    def close(self) -> None:
        self._db.close()

    def _is_old(self, record: Record) -> bool:
        return bool(record.body["created_at"] < self._oldest())

    def _ancestry(self, record: Record) -> Iterator[Record]:
        link: Record | None = record
        while link is not None:
            yield link
            link = self._fetch(link.parent)[0] if link.parent else None

    def _fetch(self, id_: str) -> tuple[Record | None, bool]:
        columns = "body, input, parent, context_tokens, visible_at, deleted"
        with closing(self._db.execute(f"SELECT {columns} FROM responses WHERE id = ?", (id_,))) as rows:  # noqa: S608
            row = rows.fetchone()
        if row is None:
            return None, False
        body, own, parent, tokens, visible_at, deleted = row
        return Record(json.loads(body), json.loads(own), parent, tokens, visible_at), bool(deleted)

    def _transaction(self) -> Transaction:
        return Transaction(self._db)


class Transaction:
    """BEGIN … COMMIT, or ROLLBACK when the block raises."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        self._db.execute("ROLLBACK" if kind else "COMMIT")


def _short(body: str) -> str:
    """Pictures are kept once, in their response; an empty body sends the reader there."""
    return body if len(body) <= _LONGEST_ITEM else ""


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
