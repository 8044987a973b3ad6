"""The full-text index of the store, where this SQLite has FTS5."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

from azresp.errors import LocalError

if TYPE_CHECKING:
    from azresp.store.database import Database

INDEXED = 2
"""The column `indexed` of what is in the index; 1: it was in one that took texts apart in another way."""


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


def take_out(database: Database, numbers: Sequence[int], *, for_good: bool = True) -> None:
    """Take exchanges out of the index while they are still as they were put in. Belongs inside `Database.writing`.

    `for_good`: no trace of their words may stay in the file; so what was several pieces of an index becomes one. The
    index is dropped, and made again by the next search, where that takes less time, or where it is damaged.
    """
    if not has_fts5(database.raw) or not database.row("select 1 from sqlite_master where name = 'words'"):
        return
    ((kept,),) = database.rows("select count(*) from exchanges")
    with database.shredding():
        try:
            if 2 * len(numbers) > kept:
                _drop(database)
            else:
                _take_out(database, numbers, for_good=for_good)
        except LocalError:
            _drop(database)


def remake(database: Database) -> None:
    """Begin a new index in place of one that is damaged; what is kept is not touched."""
    with database.shredding(), database.writing():
        database.run("drop table if exists words")
        make_index(database.raw)
        database.run(f"update exchanges set indexed = 0 where indexed = {INDEXED}")  # noqa: S608


def _drop(database: Database) -> None:
    database.run(f"update exchanges set indexed = 0 where indexed = {INDEXED}")  # noqa: S608
    database.run("insert into words (words) values ('delete-all')")


def _take_out(database: Database, numbers: Sequence[int], *, for_good: bool) -> None:
    from azresp.store.rows import EXCHANGE, exchange_of
    from azresp.store.words import indexed

    for number in numbers:
        row = database.row(
            f"select {EXCHANGE} from exchanges where n = ? and indexed = {INDEXED}",  # noqa: S608
            (number,),
        )
        if row is None:
            continue
        # An index without its texts is told what it has to forget.
        values = (number, *indexed(exchange_of(row, lambda _: [])))
        database.run("insert into words (words, rowid, question, answer) values ('delete', ?, ?, ?)", values)
        database.run("update exchanges set indexed = 0 where n = ?", (number,))
    if for_good:
        database.run("insert into words (words) values ('optimize')")
