"""The full-text index of the store, where this SQLite has FTS5."""

from __future__ import annotations

import sqlite3


def make_index(db: sqlite3.Connection) -> None:
    """Make the index where this SQLite can."""
    if has_fts5(db):
        db.execute(
            "create virtual table if not exists words using fts5("
            "question, answer, content='', tokenize='unicode61 remove_diacritics 2')"
        )


def has_fts5(db: sqlite3.Connection) -> bool:
    """Whether this SQLite can search texts."""
    return any(name == "ENABLE_FTS5" for (name,) in db.execute("pragma compile_options").fetchall())
