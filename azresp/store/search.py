"""Full-text search over everything that was asked and answered: SQLite's FTS5, in the store's own file.

The index holds words only; what is shown comes from the exchanges. Nothing is indexed while somebody waits for an
answer: a search first takes in what is new. Whatever is deleted is taken out first: see `index.take_out`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from azresp.core.session import Exchange
from azresp.errors import LocalError
from azresp.store.database import Database
from azresp.store.index import INDEXED, has_fts5, make_index, remake
from azresp.store.rows import EXCHANGE, exchange_of
from azresp.store.words import Terms, answer_of, indexed, pattern_of, terms_of

_AROUND = 60
"""Characters on either side of a hit in a snippet."""


T = TypeVar("T")


class Hit(NamedTuple):
    """An exchange in which all words were found."""

    session: str
    """name"""
    exchange: Exchange
    snippet: str
    """where, with the words between MARKS"""


_AT_ONCE, _READS = 500, 10
"""Exchanges in memory at once, and how often in one transaction: each makes a piece of the index, to be merged."""
# The plus keeps SQLite from an index in which all that is sealed is alike: it would look through the whole table.
_UNREAD = f"indexed < {INDEXED} and +sealed = 1 and status not in ('queued', 'in_progress')"
_NEW = f"select n, {EXCHANGE} from exchanges where {_UNREAD} limit {_AT_ONCE}"  # noqa: S608

MARKS = ("\u2068", "\u2069")
"""Invisible brackets of ours around a found word; foreign ones are taken out before."""


class Search:
    """The table `words`. Writes belong inside `Database.writing`; raises LocalError."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self.marks = MARKS
        self.available = has_fts5(database.raw)
        if self.available and not database.row("select 1 from sqlite_master where name = 'words'"):
            # Made by a Python whose SQLite has no FTS5.
            make_index(database.raw)

    def catch_up(self, tell: Callable[[int], object] = lambda left: None) -> None:
        """Take in what is not indexed yet; `tell` is told how many are left. A damaged index is made anew."""
        self._mended(lambda: self._catch_up(tell))

    def _catch_up(self, tell: Callable[[int], object]) -> None:
        while self.available:
            # Pieces of the index are merged meanwhile: no word of one must outlive its exchange in a page that is free.
            with self._db.shredding(), self._db.writing():
                for _ in range(_READS):
                    if self._take_in() < _AT_ONCE:
                        return
            tell(self._db.rows(f"select count(*) from exchanges where {_UNREAD}")[0][0])  # noqa: S608

    def _take_in(self) -> int:
        rows = self._db.rows(_NEW)
        for number, *row in rows:
            exchange = exchange_of(tuple(row), lambda _: [])
            values = (number, *indexed(exchange))
            self._db.run("insert into words (rowid, question, answer) values (?, ?, ?)", values)
            self._db.run(f"update exchanges set indexed = {INDEXED} where n = ?", (number,))  # noqa: S608
        return len(rows)

    def find(self, text: str, limit: int = 20) -> list[Hit]:
        """The exchanges that hold all words and "phrases" of `text`, the best first; words match by their beginning.

        Nothing that is typed is an error; no word at all finds nothing.
        """
        terms = terms_of(text)
        if not terms or not self.available:
            return []
        rows = self._mended(lambda: self._matching(terms, limit))
        found = [(str(row[0]), exchange_of(row[1:], lambda _: [])) for row in rows]
        return [Hit(name, exchange, _snippet(exchange, terms)) for name, exchange in found]

    def _matching(self, terms: Terms, limit: int) -> list[tuple[Any, ...]]:
        query = " AND ".join(f'"{" ".join(words)}"' + ("" if exact else " *") for words, exact in terms)
        columns = ", ".join(f"e.{name.strip()}" for name in EXCHANGE.split(","))
        return self._db.rows(
            f"select coalesce(s.name, ''), {columns} from words w join exchanges e on e.n = w.rowid "  # noqa: S608
            "left join sessions s on s.id = e.session where words match ? order by rank limit ?",
            (query, limit),
        )

    def _mended(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except LocalError as error:
            if "is damaged" not in error.what:
                raise
            # Everything in the index can be had from the exchanges. If it is not the index, this fails as well.
            remake(self._db)
            self._catch_up(lambda left: None)
            return work()


def _snippet(exchange: Exchange, terms: Terms) -> str:
    """The first place where a word stands, on one line, with every found word between MARKS."""
    pattern = pattern_of(terms)
    for text in (exchange.turn.text, exchange.question, answer_of(exchange)):
        flat = " ".join(text.translate(_NO_MARKS).split())
        if hit := pattern.search(flat):
            start, end = max(hit.start() - _AROUND, 0), min(hit.end() + _AROUND, len(flat))
            cut = pattern.sub(lambda found: f"{MARKS[0]}{found[0]}{MARKS[1]}", flat[start:end])
            return f"{'…' if start else ''}{cut}{'…' if end < len(flat) else ''}"
    return " ".join(exchange.question.translate(_NO_MARKS).split())[: 2 * _AROUND]


_NO_MARKS = {ord(mark): None for mark in MARKS}
