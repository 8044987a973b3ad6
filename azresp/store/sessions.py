"""The sessions of the store: names and heads over the tree of exchanges.

A head that another process moved is never overwritten: the session splits in two instead, and both keep a name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from azresp.core.conversation import talking_in
from azresp.core.session import TAGS, Exchange, Session
from azresp.core.text import mend
from azresp.store.database import Database
from azresp.store.exchanges import Exchanges
from azresp.store.names import glob_of
from azresp.store.rows import session_of, write_json


@dataclass(frozen=True, slots=True)
class Listed:
    """A session in a list."""

    id: str
    name: str
    changed: float
    """seconds since the epoch"""
    exchanges: int
    question: str
    """the last one typed in it, answered or not"""
    tags: tuple[str, ...] = ()
    """words that the user files it under"""


Also = Literal["", "name", "tags"]
"""What is written of a session beside its settings: another process may have changed the rest meanwhile."""

_SETTINGS = (
    "settings = case when not json_valid(sessions.settings) then excluded.settings "
    f"when json_extract(sessions.settings, '$.{TAGS}') is null then json_remove(excluded.settings, '$.{TAGS}') "
    f"else json_set(excluded.settings, '$.{TAGS}', json_extract(sessions.settings, '$.{TAGS}')) end"
)

_NEWEST_FIRST = "order by s.changed desc, (select max(n) from exchanges e where e.session = s.id) desc"
_LISTED = (
    "select s.id, s.name, s.changed, (select count(*) from exchanges e where e.session = s.id), "  # noqa: S608
    # An answer that broke off or was refused has no head, but its question is what one remembers the session by.
    "coalesce((select question from exchanges e where e.session = s.id and e.question <> '' "
    "and (e.id = s.head or e.status <> 'completed') order by e.n desc limit 1), "
    "(select question from exchanges e where e.id = s.head and e.question <> ''), "  # what tools gave asks nothing
    "(select question from exchanges e where e.session = s.id and e.question <> '' order by e.n desc limit 1), "
    "''), s.settings "
    f"from sessions s {_NEWEST_FIRST} limit ?"
)


class Sessions:
    """The table `sessions`. Writes belong inside `Database.writing`."""

    def __init__(self, database: Database, exchanges: Exchanges, clock: Callable[[], float]) -> None:
        self._db = database
        self._exchanges = exchanges
        self._clock = clock

    def ensure(self, session: Session) -> None:
        """Write a session that is not there yet, under a free name; of one that is, only the settings."""
        self._insert(replace(session, name=self.free_name(session)), _SETTINGS)

    def put(self, session: Session, also: Also = "") -> None:
        """Write a session; of one that is there the settings, `also` its name or its tags, never the head."""
        match also:
            case "name":
                self._insert(session, f"{_SETTINGS}, name = excluded.name")
            case "tags":
                self._insert(session, "settings = excluded.settings")
            case "":
                self._insert(session, _SETTINGS)

    def move(self, session: Session, expected: str | None) -> Session:
        """Write a head that was `expected` before. The session given back may have been split off."""
        if self.move_head(session.id, session.head, expected):
            return session
        # A conversation at the service has no branches: it stays with whoever was first.
        split = talking_in(session, "", "")
        split = replace(split, id=self._free_id(f"{session.id}-{(session.head or '')[-6:]}"))
        split = replace(split, name=self.free_name(split))
        self.put(split)
        return split

    def move_head(self, session_id: str, head: str | None, expected: str | None) -> bool:
        """Move a head that is `expected`; tells whether it was."""
        moved = self._db.run(
            "update sessions set head = ?, changed = ? where id = ? and head is ?",
            (head, self._now(), session_id, expected),
        )
        return moved > 0

    def with_kept_name(self, session: Session) -> Session:
        """The session by the name it has here: its own may have been taken when it was first written."""
        row = self._db.row("select name from sessions where id = ?", (session.id,))
        return session if row is None else replace(session, name=row[0])

    def has(self, session_id: str) -> bool:
        """Whether a session is here."""
        return self._db.row("select 1 from sessions where id = ?", (session_id,)) is not None

    def delete(self, session_id: str) -> None:
        """Delete a session; its exchanges stay."""
        self._db.run("delete from sessions where id = ?", (session_id,))

    def load(self, session_id: str) -> Session | None:
        """A session with the exchanges on the way to its head."""
        row = self._db.row("select id, name, head, settings from sessions where id = ?", (session_id,))
        if row is None:
            return None
        session = session_of(row)
        return replace(session, exchanges={one.id: one for one in self._exchanges.path(session.head)})

    def find(self, name: str) -> Session | None:
        """A session by name, by the start of its id, or by a response id in it (then with its head there)."""
        if name.startswith("resp_"):
            return self._find_response(name)
        row = self._db.row("select id from sessions where name = ? or id = ?", (name, name))
        if row is None and 4 <= len(name) <= 200:
            like = name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
            rows = self._db.rows("select id from sessions where id like ? escape '\\' limit 2", (like,))
            row = rows[0] if len(rows) == 1 else None
        return self.load(row[0]) if row else None

    def latest(self) -> Session | None:
        """The session that changed last."""
        row = self._db.row(f"select s.id from sessions s {_NEWEST_FIRST} limit 1")  # noqa: S608
        return self.load(row[0]) if row else None

    def listed(self, limit: int) -> list[Listed]:
        """The sessions that changed last, newest first."""
        rows = self._db.rows(_LISTED, (limit,))
        return [
            Listed(ident, name, changed, count, question, session_of((ident, name, None, settings)).tags)
            for ident, name, changed, count, question, settings in rows
        ]

    def recent_heads(self, limit: int) -> list[tuple[str, Exchange]]:
        """The last exchange of the sessions that changed last, newest first, each with its session's id."""
        rows = self._db.rows(
            "select id, head from sessions where head is not null order by changed desc limit ?", (limit,)
        )
        return [(ident, found) for ident, head in rows if (found := self._exchanges.one(head)) is not None]

    def count(self) -> int:
        """How many sessions there are."""
        return int(self._db.rows("select count(*) from sessions", ())[0][0])

    def free_name(self, session: Session) -> str:
        """The session's name, or one near it that no other session has."""
        base = mend(session.name) or "session"
        taken = {
            name
            for (name,) in self._db.rows(
                "select name from sessions where id <> ? and (name = ? or name glob ?)",
                (session.id, base, f"{glob_of(base)}-[0-9]*"),
            )
        }
        if base not in taken:
            return base
        return next(name for n in range(2, len(taken) + 3) if (name := f"{base}-{n}") not in taken)

    def _find_response(self, response_id: str) -> Session | None:
        place = self._exchanges.place(response_id)
        if place is None:
            return None
        exchange_id, session_id = place
        session = self.load(session_id) or Session(session_id, "session")
        if session.head == exchange_id:
            return session
        branch = talking_in(session, "", "")
        branch = replace(branch, id=self._free_id(f"{session_id}-{exchange_id[-6:]}"), head=exchange_id)
        exchanges = {one.id: one for one in self._exchanges.path(exchange_id)}
        return replace(branch, name=self.free_name(branch), exchanges=exchanges)

    def _insert(self, session: Session, else_set: str) -> None:
        now = self._now()
        self._db.run(
            "insert into sessions (id, name, head, settings, created, changed) values (?, ?, ?, ?, ?, ?) "  # noqa: S608
            f"on conflict (id) do update set changed = excluded.changed, {else_set}",
            (session.id, session.name, session.head, write_json(dict(session.settings)), now, now),
        )

    def _now(self) -> float:
        """The time, never before what is written already: a clock that jumps back must not reorder sessions."""
        row = self._db.row("select max(changed) from sessions")
        return max(self._clock(), row[0] if row and isinstance(row[0], float) else 0.0)

    def _free_id(self, base: str) -> str:
        ident, n = base, 1
        while self.has(ident):
            n += 1
            ident = f"{base}-{n}"
        return ident
