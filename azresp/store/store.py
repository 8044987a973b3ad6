"""The store: the ledger of running exchanges, and the sessions over them.

Several processes may use one file, and one session, at once: exchanges are only ever added, and a head that another
process moved is not overwritten; the session splits in two instead.
"""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from azresp.core.coalesce import coalesce
from azresp.core.keep import dump_turn
from azresp.core.session import Exchange, Session
from azresp.core.sse import Wire
from azresp.core.text import mend
from azresp.errors import LocalError
from azresp.store.rows import EXCHANGE, exchange_of, session_of, write_json
from azresp.store.schema import connect

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Listed:
    """A session in a list."""

    id: str
    name: str
    changed: float
    """seconds since the epoch"""
    exchanges: int
    question: str
    """first line of the last question"""


class Store:
    """Sessions and exchanges in one SQLite file; in memory where `path` is None."""

    def __init__(self, path: Path | None, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self.trouble = ""
        """why something could not be kept; the answer was shown all the same"""
        self._db = connect(path)
        self._clock = clock
        self._pending: dict[str, list[Wire]] = {}
        self._pieces: dict[str, int] = {}
        self._owner = f"{socket.gethostname()}:{os.getpid()}"

    def close(self) -> None:
        """Keep what is pending and close the file."""
        self.keep()
        self._db.close()

    # The ledger of running exchanges

    def begin(self, session: Session, exchange: Exchange) -> None:
        """Write the question down before anything is sent. Raises LocalError."""
        with self._writing():
            self._db.execute(
                "insert into sessions (id, name, head, settings, created, changed) values (?, ?, ?, ?, ?, ?) "
                "on conflict (id) do update set changed = excluded.changed, settings = excluded.settings",
                (
                    session.id,
                    self._free_name(session),
                    session.head,
                    write_json(dict(session.settings)),
                    self._clock(),
                    self._clock(),
                ),
            )
            self._insert(session.id, exchange, sealed=False)

    def heard(self, exchange_id: str, wires: list[Wire]) -> None:
        """Take events of a running exchange; the first ones are written at once, others at the next `keep`."""
        self._pending.setdefault(exchange_id, []).extend(wires)
        if exchange_id not in self._pieces:
            self.keep()

    def keep(self) -> None:
        """Write what was heard since the last time. Trouble is remembered, never raised."""
        if not self._pending:
            return
        pending, self._pending = self._pending, {}
        try:
            with self._writing():
                for exchange_id, wires in pending.items():
                    n = self._pieces.get(exchange_id, 0)
                    self._pieces[exchange_id] = n + 1
                    self._db.execute(
                        "insert into heard (exchange, n, wires) values (?, ?, ?)",
                        (exchange_id, n, write_json(coalesce(wires))),
                    )
                    if n == 0 and (response_id := _named(wires)):
                        self._db.execute(
                            "update exchanges set response_id = ? where id = ?", (response_id, exchange_id)
                        )
        except LocalError as error:
            self.trouble = error.what

    def seal(self, session: Session, exchange: Exchange) -> Session:
        """Write how the exchange ended and move the head. The session given back may have been split off."""
        self._pending.pop(exchange.id, None)
        self._pieces.pop(exchange.id, None)
        try:
            with self._writing():
                self._finish(exchange)
                if session.head == exchange.id:
                    session = self._move_head(session, exchange.parent)
        except LocalError as error:
            self.trouble = error.what
        return session

    def _finish(self, exchange: Exchange) -> None:
        turn = exchange.turn
        self._db.execute(
            "update exchanges set response_id = ?, status = ?, turn = ?, sealed = 1 where id = ?",
            (turn.id, turn.status, write_json(dump_turn(turn)), exchange.id),
        )
        self._db.execute("delete from heard where exchange = ?", (exchange.id,))

    def _move_head(self, session: Session, expected: str | None) -> Session:
        moved = self._db.execute(
            "update sessions set head = ?, changed = ? where id = ? and head is ?",
            (session.head, self._clock(), session.id, expected),
        )
        if moved.rowcount:
            return session
        # Another process went on in this session meanwhile: both branches keep a name.
        split = replace(session, id=f"{session.id}-{(session.head or '')[-6:]}")
        name = self._free_name(split)
        self._put_session(replace(split, name=name))
        return replace(split, name=name)

    def recover(self) -> list[Exchange]:
        """Seal the exchanges whose process died in mid-answer, as interrupted with all that was heard."""
        rows = self._db.execute(f"select owner, {EXCHANGE} from exchanges where sealed = 0").fetchall()  # noqa: S608
        lost = [exchange_of(self._db, row[1:]) for row in rows if not _alive(row[0])]
        with self._writing():
            for exchange in lost:
                self._finish(exchange)
        return lost

    # Sessions

    def save(self, session: Session) -> None:
        """Write a session's name, head and settings as they are. Raises LocalError, also for a taken name."""
        try:
            with self._writing():
                self._put_session(session)
        except LocalError as error:
            if "UNIQUE" in error.what:
                raise LocalError(
                    f"there is a session named {session.name!r} already", "Choose another name."
                ) from error
            raise

    def add(self, session: Session, exchanges: Iterable[Exchange]) -> None:
        """Write a session and exchanges that came from elsewhere (fetched, imported)."""
        with self._writing():
            self._put_session(session)
            for exchange in exchanges:
                self._insert(session.id, exchange, sealed=True)
                self._finish(exchange)

    def load(self, session_id: str) -> Session | None:
        """A session with the exchanges on the way to its head."""
        row = self._db.execute(
            "select id, name, head, settings from sessions where id = ?", (session_id,)
        ).fetchone()
        if row is None:
            return None
        session = session_of(row)
        return replace(session, exchanges={one.id: one for one in self._path(session.head)})

    def find(self, name: str) -> Session | None:
        """A session by name, by the start of its id, or by a response id in it (then with its head there)."""
        if name.startswith("resp_"):
            return self._find_response(name)
        row = self._db.execute("select id from sessions where name = ? or id = ?", (name, name)).fetchone()
        if row is None and len(name) >= 4:
            like = (name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%",)
            rows = self._db.execute(
                "select id from sessions where id like ? escape '\\' limit 2", like
            ).fetchall()
            row = rows[0] if len(rows) == 1 else None
        return self.load(row[0]) if row else None

    def _find_response(self, response_id: str) -> Session | None:
        row = self._db.execute(
            "select id, session from exchanges where response_id = ?", (response_id,)
        ).fetchone()
        if row is None:
            return None
        session = self.load(row[1])
        if session is None or session.head == row[0]:
            return session
        exchanges = {one.id: one for one in self._path(row[0])}
        return Session(f"{session.id}-{row[0][-6:]}", session.name, row[0], session.settings, exchanges)

    def latest(self) -> Session | None:
        """The session that changed last."""
        row = self._db.execute("select id from sessions order by changed desc limit 1").fetchone()
        return self.load(row[0]) if row else None

    def listed(self, limit: int = 20) -> list[Listed]:
        """The sessions that changed last, newest first."""
        rows = self._db.execute(
            "select s.id, s.name, s.changed, (select count(*) from exchanges e where e.session = s.id), "
            "coalesce((select question from exchanges e where e.id = s.head), '') "
            "from sessions s order by s.changed desc limit ?",
            (limit,),
        )
        return [Listed(*row) for row in rows]

    def children(self, parent: str | None, session_id: str) -> list[Exchange]:
        """The exchanges that follow `parent`; for None, the first ones of a session."""
        where, values = (
            ("parent = ?", (parent,)) if parent else ("parent is null and session = ?", (session_id,))
        )
        rows = self._db.execute(f"select {EXCHANGE} from exchanges where {where} order by n", values)  # noqa: S608
        return [exchange_of(self._db, row) for row in rows]

    def all_exchanges(self, session_id: str) -> list[Exchange]:
        """Every exchange made in a session, on all its branches, in order."""
        rows = self._db.execute(
            f"select {EXCHANGE} from exchanges where session = ? order by n",  # noqa: S608
            (session_id,),
        )
        return [exchange_of(self._db, row) for row in rows]

    def mark_deleted(self, response_id: str) -> None:
        """Remember that a response was deleted at the service."""
        with self._writing():
            self._db.execute("update exchanges set deleted = 1 where response_id = ?", (response_id,))

    def remove(self, session_id: str) -> int:
        """Delete a session here, with the exchanges that no other session builds on; tells how many went."""
        with self._writing():
            self._db.execute("delete from sessions where id = ?", (session_id,))
            gone = self._db.execute(
                "with recursive kept(id) as (select head from sessions where head is not null union "
                "select e.parent from exchanges e join kept k on e.id = k.id where e.parent is not null) "
                "delete from exchanges where session = ? and id not in (select id from kept)",
                (session_id,),
            )
            self._db.execute("delete from heard where exchange not in (select id from exchanges)")
            return gone.rowcount

    def free_name(self, wish: str) -> str:
        """A session name near `wish` that is not taken."""
        return self._free_name(Session("", slug(wish)))

    # Inside

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self._db.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._db.execute("rollback")
                raise
            self._db.execute("commit")
        except sqlite3.Error as error:
            raise LocalError(f"the store could not be written: {error}", "Is the disk full?") from error

    def _insert(self, session_id: str, exchange: Exchange, *, sealed: bool) -> None:
        self._db.execute(
            "insert or ignore into exchanges (id, parent, session, said, question, asked_at, deployment, origin, "
            "stored, deleted, sealed, owner) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                exchange.id,
                exchange.parent,
                session_id,
                write_json(list(exchange.said)),
                mend(exchange.question[:10_000]),
                exchange.asked_at,
                exchange.deployment,
                exchange.origin,
                exchange.stored,
                exchange.deleted,
                sealed,
                self._owner,
            ),
        )

    def _put_session(self, session: Session) -> None:
        now = self._clock()
        self._db.execute(
            "insert into sessions (id, name, head, settings, created, changed) values (?, ?, ?, ?, ?, ?) "
            "on conflict (id) do update set name = excluded.name, head = excluded.head, "
            "settings = excluded.settings, changed = excluded.changed",
            (session.id, mend(session.name), session.head, write_json(dict(session.settings)), now, now),
        )

    def _path(self, head: str | None) -> list[Exchange]:
        rows = self._db.execute(
            f"with recursive path(id, depth) as (select ?, 0 union select e.parent, depth + 1 "  # noqa: S608
            f"from exchanges e join path p on e.id = p.id where e.parent is not null) "
            f"select {EXCHANGE} from path p join exchanges using (id) order by depth desc",
            (head,),
        )
        return [exchange_of(self._db, row) for row in rows]

    def _free_name(self, session: Session) -> str:
        base = session.name or "session"
        taken = {
            name
            for (name,) in self._db.execute(
                "select name from sessions where id <> ? and (name = ? or name glob ?)",
                (session.id, base, f"{_glob(base)}-[0-9]*"),
            )
        }
        if base not in taken:
            return base
        return next(name for n in range(2, len(taken) + 3) if (name := f"{base}-{n}") not in taken)


def slug(text: str) -> str:
    """A session name from a question: its first words, lower case, joined by hyphens."""
    words = re.findall(r"\w+", mend(text).lower())[:5]
    return "-".join(words)[:40].strip("-_") or "session"


def _glob(text: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", text)


def _named(wires: list[Wire]) -> str:
    for wire in wires:
        response = wire.get("response")
        if isinstance(response, dict) and isinstance(response.get("id"), str):
            return str(response["id"])
    return ""


def _alive(owner: str) -> bool:
    host, _, pid = owner.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        # Another machine's exchange (a shared home): not ours to seal.
        return host != socket.gethostname() and bool(host)
    if int(pid) == os.getpid():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
