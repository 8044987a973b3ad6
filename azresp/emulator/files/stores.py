"""Vector stores: which files are in one, and the text of each, extracted when it is put in."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .. import refusals
from .filters import passes
from .search import Hit, Passage, ranked
from .shelf import Shelf
from .text import Unreadable, read_document


class Stores:
    """Stores by id. There are no vectors: a store is searched by the words that a question and a passage share."""

    def __init__(self, shelf: Shelf, clock: Callable[[], float]) -> None:
        self._shelf = shelf
        self._db = shelf.database
        self._clock = clock

    def create(self, about: Mapping[str, Any]) -> dict[str, Any]:
        """A new store with the files named in `file_ids`; refused when one of them is unknown."""
        ids = about.get("file_ids") or []
        for id_ in ids:
            self._known(id_)
        store = f"vs_{secrets.token_hex(16)}"
        kept = {key: about.get(key) for key in ("name", "description", "expires_after", "metadata")}
        self._db.rows(
            "INSERT INTO stores (id, created_at, body) VALUES (?, ?, ?)",
            (store, int(self._clock()), json.dumps(kept)),
        )
        for id_ in dict.fromkeys(ids):
            self.add(store, id_, {})
        return self.get(store)

    def get(self, id_: str) -> dict[str, Any]:
        found = self._db.rows("SELECT id, created_at, body FROM stores WHERE id = ?", (id_,))
        if not found:
            raise refusals.store_not_found(id_)
        return self._wire(*found[0])

    def change(self, id_: str, about: Mapping[str, Any]) -> dict[str, Any]:
        """Another name, description, life or metadata; what is not given stays."""
        self.get(id_)
        ((body,),) = self._db.rows("SELECT body FROM stores WHERE id = ?", (id_,))
        self._db.rows("UPDATE stores SET body = ? WHERE id = ?", (json.dumps(json.loads(body) | about), id_))
        return self.get(id_)

    def newest_first(self) -> list[dict[str, Any]]:
        return [
            self._wire(*row)
            for row in self._db.rows("SELECT id, created_at, body FROM stores ORDER BY number DESC")
        ]

    def delete(self, id_: str) -> dict[str, Any]:
        """The files themselves stay."""
        self.get(id_)
        with self._db.transaction() as db:
            db.execute("DELETE FROM store_files WHERE store = ?", (id_,))
            db.execute("DELETE FROM stores WHERE id = ?", (id_,))
        return {"id": id_, "object": "vector_store.deleted", "deleted": True}

    def add(self, store: str, file: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """Put a file in; one without readable text is in it as failed."""
        self.get(store)
        stored = self._known(file)
        error: dict[str, str] | None = None
        text = ""
        try:
            text = read_document(self._shelf.content(file)).text
        except Unreadable as unreadable:
            error = {"code": "unsupported_file", "message": f"The file cannot be searched: {unreadable}."}
        body = {
            "id": file,
            "object": "vector_store.file",
            "usage_bytes": len(text.encode()),
            "created_at": int(self._clock()),
            "vector_store_id": store,
            "status": "failed" if error else "completed",
            "last_error": error,
            "chunking_strategy": {
                "type": "static",
                "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400},
            },
            "attributes": dict(attributes),
        }
        self._db.rows(
            "INSERT OR REPLACE INTO store_files (store, file, filename, body, text) VALUES (?, ?, ?, ?, ?)",
            (store, file, stored.filename, json.dumps(body), text),
        )
        return body

    def files(self, store: str) -> list[dict[str, Any]]:
        """Newest first."""
        self.get(store)
        rows = self._db.rows("SELECT body FROM store_files WHERE store = ? ORDER BY number DESC", (store,))
        return [json.loads(body) for (body,) in rows]

    def file(self, store: str, file: str) -> dict[str, Any]:
        found = [body for body in self.files(store) if body["id"] == file]
        if not found:
            raise refusals.file_not_in_store(file, store)
        return found[0]

    def remove(self, store: str, file: str) -> dict[str, Any]:
        """Take a file out of a store; it stays uploaded."""
        self.file(store, file)
        self._db.rows("DELETE FROM store_files WHERE store = ? AND file = ?", (store, file))
        return {"id": file, "object": "vector_store.file.deleted", "deleted": True}

    def search(
        self,
        stores: Iterable[str],
        query: str,
        most: int,
        threshold: float = 0.0,
        filter_: Mapping[str, Any] | None = None,
    ) -> list[Hit]:
        """The passages of all these stores that answer best, from files whose attributes pass."""
        passages = [
            Passage(file, filename, text, json.loads(body)["attributes"])
            for store in stores
            for file, filename, text, body in self._db.rows(
                "SELECT f.file, f.filename, f.text, f.body FROM store_files f JOIN files ON files.id = f.file "
                "WHERE f.store = ? AND f.text != '' ORDER BY f.number",
                (store,),
            )
        ]
        good = [passage for passage in passages if passes(filter_, passage.attributes)]
        return ranked(query, good, most, threshold)

    def _known(self, id_: Any) -> Any:
        stored = self._shelf.get(id_, self._clock()) if isinstance(id_, str) else None
        if stored is None:
            raise refusals.file_not_found(str(id_))
        return stored

    def _wire(self, id_: str, created: int, body: str) -> dict[str, Any]:
        states = [
            json.loads(row)
            for (row,) in self._db.rows("SELECT body FROM store_files WHERE store = ?", (id_,))
        ]
        failed = sum(state["status"] == "failed" for state in states)
        kept = json.loads(body)
        counts = {"in_progress": 0, "completed": len(states) - failed, "failed": failed, "cancelled": 0}
        return {
            "id": id_,
            "object": "vector_store",
            "created_at": created,
            "name": kept["name"],
            "description": kept["description"],
            "usage_bytes": sum(state["usage_bytes"] for state in states),
            "file_counts": {**counts, "total": len(states)},
            "status": "completed",
            "expires_after": kept["expires_after"],
            "expires_at": None,
            "last_active_at": created,
            "metadata": kept["metadata"] or {},
        }
