"""Full-text search over everything that was asked and answered: SQLite's FTS5, in the store's own file.

The index holds words only; what is shown comes from the exchanges. Nothing is indexed while somebody waits for an
answer: a search first takes in what is new. Whatever is deleted takes the whole index with it, and the next search
makes it again: an index without its texts can't forget single ones, and nothing that was to go must stay in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from azresp.core.session import Exchange
from azresp.store.database import Database
from azresp.store.index import has_fts5, make_index
from azresp.store.rows import EXCHANGE, exchange_of

_MOST_CHARS = 400_000
"""Of one exchange; nobody looks for what comes behind."""
_AROUND = 60
"""Characters on either side of a hit in a snippet."""
_WORD = re.compile(r"[^\W_]+")
"""As FTS5 takes a text apart; letters younger than Unicode 6.1 are none to it."""


class Hit(NamedTuple):
    """An exchange in which all words were found."""

    session: str
    """name"""
    exchange: Exchange
    snippet: str
    """where, with the words between MARKS"""


_AT_ONCE = 500
_UNREAD = "indexed = 0 and sealed = 1 and status not in ('queued', 'in_progress')"
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
        """Take in what is not indexed yet; `tell` is told how many are left."""
        while self.available:
            with self._db.writing():
                rows = self._db.rows(_NEW)
                for number, *row in rows:
                    exchange = exchange_of(tuple(row), lambda _: [])
                    values = (number, exchange.question[:_MOST_CHARS], _answer(exchange))
                    self._db.run("insert into words (rowid, question, answer) values (?, ?, ?)", values)
                    self._db.run("update exchanges set indexed = 1 where n = ?", (number,))
            if len(rows) < _AT_ONCE:
                return
            tell(self._db.rows(f"select count(*) from exchanges where {_UNREAD}")[0][0])  # noqa: S608

    def find(self, text: str, limit: int = 20) -> list[Hit]:
        """The exchanges that hold all words and "phrases" of `text`, the best first; words match by their beginning.

        Nothing that is typed is an error; no word at all finds nothing.
        """
        terms = terms_of(text)
        if not terms or not self.available:
            return []
        query = " AND ".join(f'"{" ".join(words)}"' + ("" if exact else " *") for words, exact in terms)
        columns = ", ".join(f"e.{name.strip()}" for name in EXCHANGE.split(","))
        rows = self._db.rows(
            f"select coalesce(s.name, ''), {columns} from words w join exchanges e on e.n = w.rowid "  # noqa: S608
            "left join sessions s on s.id = e.session where words match ? order by rank limit ?",
            (query, limit),
        )
        found = [(str(row[0]), exchange_of(row[1:], lambda _: [])) for row in rows]
        return [Hit(name, exchange, _snippet(exchange, terms)) for name, exchange in found]


Terms = Sequence[tuple[tuple[str, ...], bool]]
"""Runs of words to find, each with whether its last word is whole."""


def terms_of(text: str) -> Terms:
    """What somebody looks for: words, and phrases between quotation marks. Marks and operators mean nothing."""
    terms: list[tuple[tuple[str, ...], bool]] = []
    for at, part in enumerate(text.split('"')):
        words = tuple(_WORD.findall(part))
        if at % 2 and words:
            terms.append((words, True))
        else:
            terms.extend(((word,), False) for word in words)
    return terms


def _answer(exchange: Exchange) -> str:
    """What the model said, and what tools were asked and gave."""
    turn = exchange.turn
    calls = [
        f"{item.wire.get('name')} {item.text('arguments')} {item.wire.get('output') or ''}"
        for item in turn.items
        if item.kind in ("function_call", "mcp_call")
    ]
    outputs = [
        one["output"] if isinstance(one["output"], str) else json.dumps(one["output"])
        for one in exchange.said
        if "output" in one
    ]
    return "\n".join([turn.text, turn.refusal, *calls, *outputs])[:_MOST_CHARS]


def _snippet(exchange: Exchange, terms: Terms) -> str:
    """The first place where a word stands, on one line, with every found word between MARKS."""
    words = [word for run, _ in terms for word in run]
    pattern = re.compile("|".join(rf"\b{re.escape(word)}\w*" for word in words), re.IGNORECASE)
    for text in (exchange.turn.text, exchange.question, _answer(exchange)):
        flat = " ".join(text.translate(_NO_MARKS).split())
        if hit := pattern.search(flat):
            start, end = max(hit.start() - _AROUND, 0), min(hit.end() + _AROUND, len(flat))
            cut = pattern.sub(lambda found: f"{MARKS[0]}{found[0]}{MARKS[1]}", flat[start:end])
            return f"{'…' if start else ''}{cut}{'…' if end < len(flat) else ''}"
    return " ".join(exchange.question.translate(_NO_MARKS).split())[: 2 * _AROUND]


_NO_MARKS = {ord(mark): None for mark in MARKS}
