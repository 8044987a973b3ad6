"""Where uploaded files lie."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from .database import Database

_SCHEMA = """
CREATE TABLE IF NOT EXISTS files (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, filename TEXT NOT NULL, purpose TEXT NOT NULL,
  bytes INTEGER NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER, content BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS stores (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, created_at INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS store_files (
  number INTEGER PRIMARY KEY AUTOINCREMENT, store TEXT NOT NULL, file TEXT NOT NULL, filename TEXT NOT NULL,
  body TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (store, file)
);
"""
_CHUNK = 1 << 20
_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What is known of an uploaded file without its content."""

    id: str
    filename: str
    purpose: str
    bytes: int
    created_at: int
    expires_at: int | None = None

    def wire(self) -> dict[str, Any]:
        """The File object of the API."""
        told = {
            "object": "file",
            "id": self.id,
            "purpose": self.purpose,
            "filename": self.filename,
            "bytes": self.bytes,
            "created_at": self.created_at,
        }
        if self.expires_at is not None:
            told["expires_at"] = self.expires_at
        return {**told, "status": "processed"}


class Shelf:
    """Files by id. An expired one is found no more."""

    def __init__(self, path: Path | None = None) -> None:
        self.database = Database(path, _SCHEMA)

    def put(
        self, content: BinaryIO, size: int, filename: str, purpose: str, now: int, life_s: int | None = None
    ) -> StoredFile:
        """Copies `content` piece by piece, so that a large file is never in memory as a whole."""
        expires = None if life_s is None else now + life_s
        stored = StoredFile(_new_id(purpose), filename, purpose, size, now, expires)
        with self.database.transaction() as db:
            row = db.execute(
                "INSERT INTO files (id, filename, purpose, bytes, created_at, expires_at, content) "
                "VALUES (?, ?, ?, ?, ?, ?, zeroblob(?))",
                (stored.id, filename, purpose, size, now, expires, size),
            ).lastrowid
            if size:
                with db.blobopen("files", "content", row or 0) as blob:
                    while chunk := content.read(_CHUNK):
                        blob.write(chunk)
        return stored

    def get(self, id_: str, now: float) -> StoredFile | None:
        found = self._select("WHERE id = ? AND (expires_at IS NULL OR expires_at > ?)", id_, now)
        return found[0] if found else None

    def content(self, id_: str) -> bytes:
        """All of it; empty for an id that is not there."""
        found = self.database.rows("SELECT content FROM files WHERE id = ?", (id_,))
        return bytes(found[0][0]) if found else b""

    def newest_first(self, purpose: str | None, now: float) -> list[StoredFile]:
        """Every file, or those of one purpose."""
        return self._select(
            "WHERE (? IS NULL OR purpose = ?) AND (expires_at IS NULL OR expires_at > ?) ORDER BY number DESC",
            purpose,
            purpose,
            now,
        )

    def delete(self, id_: str) -> None:
        self.database.rows("DELETE FROM files WHERE id = ?", (id_,))

    def close(self) -> None:
        self.database.close()

    def _select(self, condition: str, *values: Any) -> list[StoredFile]:
        columns = "id, filename, purpose, bytes, created_at, expires_at"
        return [
            StoredFile(*row)
            for row in self.database.rows(f"SELECT {columns} FROM files {condition}", values)  # noqa: S608
        ]


def _new_id(purpose: str) -> str:
    """Azure calls what assistants and models read `assistant-…`, the rest `file-…`."""
    if purpose in ("assistants", "vision"):
        return "assistant-" + "".join(secrets.choice(_LETTERS) for _ in range(22))
    return f"file-{secrets.token_hex(16)}"
