"""Where conversations live: beside the stored responses. They have no date after which they are gone."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

from .. import refusals
from ..ids import new_id
from ..vault import Transaction

Item = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (
  id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, metadata TEXT NOT NULL, deleted INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS conversation_items (
  position INTEGER PRIMARY KEY AUTOINCREMENT, conversation TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
  response TEXT, due REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS conversation_items_of ON conversation_items (conversation);
CREATE INDEX IF NOT EXISTS conversation_items_by_id ON conversation_items (id);
CREATE TABLE IF NOT EXISTS conversation_turns (
  response TEXT PRIMARY KEY, conversation TEXT NOT NULL, start INTEGER NOT NULL
);
"""


class Conversations:
    """Conversations by id, their items oldest first."""

    def __init__(self, db: sqlite3.Connection, clock: Callable[[], float]) -> None:
        self._db = db
        self._clock = clock
        self._busy: set[str] = set()
        db.executescript(_SCHEMA)

    def create(self, metadata: dict[str, str], items: Sequence[Item]) -> dict[str, Any]:
        id_ = new_id("conv")
        now = int(self._clock())
        with Transaction(self._db):
            self._run(
                "INSERT INTO conversations (id, created_at, metadata) VALUES (?, ?, ?)",
                id_,
                now,
                _dump(metadata),
            )
            self._append(id_, items, None, 0.0)
        return self.get(id_)

    def get(self, id_: str) -> dict[str, Any]:
        """The conversation's object; refuses an unknown id."""
        rows = self._run("SELECT created_at, metadata FROM conversations WHERE id = ? AND NOT deleted", id_)
        if not rows:
            raise refusals.conversation_not_found(id_)
        created_at, metadata = rows[0]
        return {
            "id": id_,
            "object": "conversation",
            "created_at": created_at,
            "metadata": json.loads(metadata),
        }

    def describe(self, id_: str, metadata: dict[str, str]) -> dict[str, Any]:
        """Replace the metadata."""
        self.get(id_)
        self._run("UPDATE conversations SET metadata = ? WHERE id = ?", _dump(metadata), id_)
        return self.get(id_)

    def delete(self, id_: str) -> dict[str, Any]:
        """Forget it; its items can still be referred to, as the contract has it."""
        self.get(id_)
        self._run("UPDATE conversations SET deleted = 1 WHERE id = ?", id_)
        return {"id": id_, "object": "conversation.deleted", "deleted": True}

    def items(self, id_: str) -> list[Item]:
        self.get(id_)
        rows = self._run(
            "SELECT body FROM conversation_items WHERE conversation = ? AND due <= ? ORDER BY position",
            id_,
            self._clock(),
        )
        return [json.loads(body) for (body,) in rows]

    def item(self, id_: str, item: str) -> Item:
        found = next((one for one in self.items(id_) if one["id"] == item), None)
        if found is None:
            raise refusals.not_in_conversation(item)
        return found

    def find(self, item: str) -> Item | None:
        """An item of any conversation."""
        rows = self._run("SELECT body FROM conversation_items WHERE id = ? LIMIT 1", item)
        return json.loads(rows[0][0]) if rows else None

    def add(self, id_: str, items: Sequence[Item]) -> list[Item]:
        known = {item["id"] for item in self.items(id_)}
        for item in items:
            if item["id"] in known:
                raise refusals.duplicate_item(item["id"])
            known.add(item["id"])
        with Transaction(self._db):
            self._append(id_, items, None, 0.0)
        return list(items)

    def remove(self, id_: str, item: str) -> dict[str, Any]:
        self.item(id_, item)
        self._run("DELETE FROM conversation_items WHERE conversation = ? AND id = ?", id_, item)
        return self.get(id_)

    def before(self, id_: str) -> list[Item]:
        """What a turn goes on from; refuses while another turn is at work."""
        items = self.items(id_)
        late = "SELECT 1 FROM conversation_items WHERE conversation = ? AND due > ? LIMIT 1"
        if id_ in self._busy or self._run(late, id_, self._clock()):
            raise refusals.conversation_locked()
        return items

    def enter(self, id_: str) -> None:
        """A turn begins to answer."""
        self._busy.add(id_)

    def leave(self, id_: str) -> None:
        """It answers no more, whatever came of it."""
        self._busy.discard(id_)

    def end(self, id_: str, response: str, items: Sequence[Item], due: float) -> None:
        """A turn's own items and its answer, to be seen from `due` on."""
        with Transaction(self._db):
            self.retract(response)
            start = self._run("SELECT coalesce(max(position), 0) FROM conversation_items")[0][0]
            self._run("INSERT OR REPLACE INTO conversation_turns VALUES (?, ?, ?)", response, id_, start)
            self._append(id_, items, response, due)

    def retract(self, response: str) -> None:
        """That turn was cancelled before its answer was due."""
        self._run("DELETE FROM conversation_items WHERE response = ?", response)

    def preceding(self, response: str) -> list[Item]:
        """What its conversation held when a turn was answered, as far as it is still there."""
        rows = self._run(
            "SELECT body FROM conversation_turns t JOIN conversation_items i "
            "ON i.conversation = t.conversation AND i.position <= t.start WHERE t.response = ? ORDER BY i.position",
            response,
        )
        return [json.loads(body) for (body,) in rows]

    def _append(self, id_: str, items: Sequence[Item], response: str | None, due: float) -> None:
        for item in items:
            self._run(
                "INSERT INTO conversation_items (conversation, id, body, response, due) VALUES (?, ?, ?, ?, ?)",
                id_,
                item["id"],
                _dump(item),
                response,
                due,
            )

    def _run(self, sql: str, *values: Any) -> list[Any]:
        with closing(self._db.execute(sql, values)) as cursor:
            return cursor.fetchall()


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
