"""The store: the ledger of running exchanges, and the sessions over them.

Several processes may use one file, and one session, at once: exchanges are only ever added, and a head that another
process moved is not overwritten; the session splits in two instead.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from azresp.core.coalesce import coalesce, last_number
from azresp.core.keep import dump_turn
from azresp.core.session import Exchange, Session
from azresp.core.sse import Wire
from azresp.core.text import mend
from azresp.errors import LocalError
from azresp.store.database import Database
from azresp.store.names import glob_of
from azresp.store.names import slug as slug
from azresp.store.owner import is_alive, this_process
from azresp.store.rows import EXCHANGE, exchange_of, read_wires, session_of, write_json


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


@dataclass(slots=True)
class _Hearing:
    """What was heard of a running exchange, as far as it is written."""

    pending: list[Wire] = field(default_factory=list)
    pieces: int = 0
    number: int = -1
    """highest sequence_number written"""
    named: bool = False

    def kept(self) -> None:
        self.number = last_number(self.pending, self.number)
        self.named = self.named or bool(_named(self.pending))
        self.pending, self.pieces = [], self.pieces + 1


_NEWEST_FIRST = "order by s.changed desc, (select max(n) from exchanges e where e.session = s.id) desc"
_LISTED = (
    "select s.id, s.name, s.changed, (select count(*) from exchanges e where e.session = s.id), "  # noqa: S608
    "coalesce((select question from exchanges e where e.id = s.head), '') "
    f"from sessions s {_NEWEST_FIRST} limit ?"
)


class Store:
    """Sessions and exchanges in one SQLite file; in memory where `path` is None."""

    def __init__(self, path: Path | None, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self.trouble = ""
        """why something could not be kept; the answer was shown all the same"""
        self._db = Database(path)
        self._clock = clock
        self._hearing: dict[str, _Hearing] = {}
        self._owed: list[tuple[Session, Exchange]] = []

    def close(self) -> None:
        """Keep what is pending and close the file."""
        self.keep()
        self._pay()
        self._db.close()

    # The ledger of running exchanges

    def begin(self, session: Session, exchange: Exchange) -> None:
        """Write the question down before anything is sent. Raises LocalError."""
        self._pay()
        with self._db.writing():
            now = self._now()
            self._db.run(
                "insert into sessions (id, name, head, settings, created, changed) values (?, ?, ?, ?, ?, ?) "
                "on conflict (id) do update set changed = excluded.changed, settings = excluded.settings",
                (
                    session.id,
                    self._free_name(session),
                    session.head,
                    write_json(dict(session.settings)),
                    now,
                    now,
                ),
            )
            self._insert(session.id, exchange, sealed=False)

    def heard(self, exchange_id: str, wires: list[Wire]) -> None:
        """Take events of a running exchange; the first ones are written at once, others at the next `keep`."""
        hearing = self._hearing.setdefault(exchange_id, _Hearing())
        hearing.pending.extend(wires)
        if hearing.pieces == 0:
            self.keep()

    def keep(self) -> None:
        """Write what was heard since the last time. Trouble is remembered, never raised, and tried again."""
        waiting = [(ident, hearing) for ident, hearing in self._hearing.items() if hearing.pending]
        if not waiting:
            return
        try:
            with self._db.writing():
                for exchange_id, hearing in waiting:
                    self._db.run(
                        "insert into heard (exchange, n, wires) values (?, ?, ?)",
                        (exchange_id, hearing.pieces, write_json(coalesce(hearing.pending, hearing.number))),
                    )
                    if not hearing.named and (response_id := _named(hearing.pending)):
                        self._db.run(
                            "update exchanges set response_id = ? where id = ?", (response_id, exchange_id)
                        )
        except LocalError as error:
            self.trouble = error.what
            return
        for _, hearing in waiting:
            hearing.kept()

    def seal(self, session: Session, exchange: Exchange) -> Session:
        """Write how the exchange ended and move the head. The session given back may have been split off.

        Trouble is remembered, never raised; the next `begin` or `close` tries again.
        """
        self._hearing.pop(exchange.id, None)
        try:
            return self._seal(session, exchange)
        except LocalError as error:
            self.trouble = error.what
            self._owed.append((session, exchange))
        return session

    def _seal(self, session: Session, exchange: Exchange) -> Session:
        # What is sealed outlives a power cut; what is still being heard need not (rule R10).
        with self._db.durable(), self._db.writing():
            # Another process may have removed the session, and this exchange with it, meanwhile.
            self._insert(session.id, exchange, sealed=False)
            self._finish(exchange)
            if session.head == exchange.id:
                session = self._move_head(session, exchange.parent)
            return self._with_kept_name(session)

    def _pay(self) -> None:
        """Seal what could not be sealed when it ended."""
        owed, self._owed = self._owed, []
        for session, exchange in owed:
            self.seal(session, exchange)

    def _finish(self, exchange: Exchange) -> None:
        turn = exchange.turn
        self._db.run(
            "update exchanges set response_id = ?, status = ?, turn = ?, sealed = 1 where id = ?",
            (turn.id, turn.status, write_json(dump_turn(turn)), exchange.id),
        )
        self._db.run("delete from heard where exchange = ?", (exchange.id,))

    def _move_head(self, session: Session, expected: str | None) -> Session:
        if self._head_moved(session.id, session.head, expected):
            return session
        # Another process went on in this session meanwhile: both branches keep a name.
        split = replace(session, id=self._free_id(f"{session.id}-{(session.head or '')[-6:]}"))
        name = self._free_name(split)
        self._put_session(replace(split, name=name))
        return replace(split, name=name)

    def _head_moved(self, session_id: str, head: str | None, expected: str | None) -> bool:
        moved = self._db.run(
            "update sessions set head = ?, changed = ? where id = ? and head is ?",
            (head, self._now(), session_id, expected),
        )
        return moved > 0

    def _with_kept_name(self, session: Session) -> Session:
        """The wished name may have been taken when the session was first written."""
        row = self._db.row("select name from sessions where id = ?", (session.id,))
        return session if row is None else replace(session, name=row[0])

    def recover(self) -> list[Exchange]:
        """Seal the exchanges whose process died in mid-answer, as interrupted with all that was heard.

        One that had heard its end, and died before it was sealed, becomes its session's head all the same.
        """
        rows = self._db.rows("select owner, session, id from exchanges where sealed = 0 order by n")
        lost = [
            (session_id, exchange)
            for owner, session_id, ident in rows
            if not is_alive(str(owner))
            for exchange in self._exchanges("where id = ?", (ident,))
        ]
        if lost:
            with self._db.writing():
                for session_id, exchange in lost:
                    self._finish(exchange)
                    if exchange.turn.finished:
                        self._head_moved(session_id, exchange.id, exchange.parent)
        return [exchange for _, exchange in lost]

    # Sessions

    def save(self, session: Session) -> None:
        """Write a session's name and settings; a head that is kept stays. Raises LocalError, also for a taken name."""
        try:
            with self._db.writing():
                self._put_session(session)
        except LocalError as error:
            if "UNIQUE" in error.what:
                raise LocalError(
                    f"there is a session named {session.name!r} already", "Choose another name."
                ) from error
            raise

    def move(self, session: Session, expected: str | None) -> Session:
        """Write a head that the user moved away from `expected`. The session given back may have been split off."""
        with self._db.writing():
            if self._db.row("select 1 from sessions where id = ?", (session.id,)):
                return self._move_head(session, expected)
            self._put_session(session)
            return session

    def add(self, session: Session, exchanges: Iterable[Exchange]) -> None:
        """Write a session and exchanges that came from elsewhere (fetched, imported)."""
        with self._db.writing():
            self._put_session(session)
            for exchange in exchanges:
                self._insert(session.id, exchange, sealed=True)
                self._finish(exchange)

    def load(self, session_id: str) -> Session | None:
        """A session with the exchanges on the way to its head."""
        row = self._db.row("select id, name, head, settings from sessions where id = ?", (session_id,))
        if row is None:
            return None
        session = session_of(row)
        return replace(session, exchanges={one.id: one for one in self._path(session.head)})

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

    def _find_response(self, response_id: str) -> Session | None:
        row = self._db.row("select id, session from exchanges where response_id = ?", (response_id,))
        if row is None:
            return None
        exchange_id, session_id = row
        session = self.load(session_id) or Session(session_id, "session")
        if session.head == exchange_id:
            return session
        branch = replace(session, id=self._free_id(f"{session_id}-{exchange_id[-6:]}"), head=exchange_id)
        exchanges = {one.id: one for one in self._path(exchange_id)}
        return replace(branch, name=self._free_name(branch), exchanges=exchanges)

    def latest(self) -> Session | None:
        """The session that changed last."""
        row = self._db.row(f"select s.id from sessions s {_NEWEST_FIRST} limit 1")  # noqa: S608
        return self.load(row[0]) if row else None

    def listed(self, limit: int = 20) -> list[Listed]:
        """The sessions that changed last, newest first."""
        return [Listed(*row) for row in self._db.rows(_LISTED, (limit,))]

    def children(self, parent: str | None, session_id: str) -> list[Exchange]:
        """The exchanges that follow `parent`; for None, the first ones of a session."""
        if parent:
            return self._exchanges("where parent = ? order by n", (parent,))
        return self._exchanges("where parent is null and session = ? order by n", (session_id,))

    def all_exchanges(self, session_id: str) -> list[Exchange]:
        """Every exchange made in a session, on all its branches, in order."""
        return self._exchanges("where session = ? order by n", (session_id,))

    def mark_deleted(self, response_id: str) -> None:
        """Remember that a response was deleted at the service."""
        with self._db.writing():
            self._db.run("update exchanges set deleted = 1 where response_id = ?", (response_id,))

    def remove(self, session_id: str) -> int:
        """Delete a session here, with the exchanges that no other session builds on; tells how many went.

        Exchanges that an earlier removed session left to others go with the last of those.
        """
        with self._db.writing():
            self._db.run("delete from sessions where id = ?", (session_id,))
            gone = self._db.run(
                # Not `with … delete`: Python counts no rows of that.
                "delete from exchanges where (session = ? or session not in (select id from sessions)) and id not in ("
                "with recursive kept(id) as (select head from sessions where head is not null union "
                "select id from exchanges where session in (select id from sessions) union "
                "select e.parent from exchanges e join kept k on e.id = k.id where e.parent is not null) "
                "select id from kept where id is not null)",
                (session_id,),
            )
            self._db.run("delete from heard where exchange not in (select id from exchanges)")
            return gone

    def free_name(self, wish: str) -> str:
        """A session name near `wish` that is not taken."""
        return self._free_name(Session("", slug(wish)))

    # Inside

    def _insert(self, session_id: str, exchange: Exchange, *, sealed: bool) -> None:
        self._db.run(
            "insert or ignore into exchanges (id, parent, session, said, question, asked_at, deployment, origin, "
            "stored, deleted, sealed, owner) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                exchange.id,
                exchange.parent,
                session_id,
                write_json(list(exchange.said)),
                exchange.question[:10_000],
                exchange.asked_at,
                exchange.deployment,
                exchange.origin,
                exchange.stored,
                exchange.deleted,
                sealed,
                this_process(),
            ),
        )

    def _put_session(self, session: Session) -> None:
        now = self._now()
        self._db.run(
            "insert into sessions (id, name, head, settings, created, changed) values (?, ?, ?, ?, ?, ?) "
            "on conflict (id) do update set name = excluded.name, settings = excluded.settings, "
            "changed = excluded.changed",
            (session.id, session.name, session.head, write_json(dict(session.settings)), now, now),
        )

    def _now(self) -> float:
        """The time, never before what is written already: a clock that jumps back must not reorder sessions."""
        row = self._db.row("select max(changed) from sessions")
        return max(self._clock(), row[0] if row and isinstance(row[0], float) else 0.0)

    def _exchanges(self, where: str, values: tuple[object, ...]) -> list[Exchange]:
        rows = self._db.rows(f"select {EXCHANGE} from exchanges {where}", values)  # noqa: S608
        return [exchange_of(row, self._heard_wires) for row in rows]

    def _heard_wires(self, exchange_id: str) -> list[Wire]:
        rows = self._db.rows("select wires from heard where exchange = ? order by n", (exchange_id,))
        return read_wires(wires for (wires,) in rows)

    def _path(self, head: str | None) -> list[Exchange]:
        # The bound is for a damaged store, whose parents may go round in circles.
        rows = self._db.rows(
            "with recursive path(id, depth) as (select ?, 0 union select e.parent, depth + 1 "
            "from exchanges e join path p on e.id = p.id where e.parent is not null "
            "and depth < (select count(*) from exchanges)) select id from path order by depth desc",
            (head,),
        )
        idents = dict.fromkeys(row[0] for row in rows)
        return [one for ident in idents for one in self._exchanges("where id = ?", (ident,))]

    def _free_id(self, base: str) -> str:
        ident, n = base, 1
        while self._db.row("select 1 from sessions where id = ?", (ident,)):
            n += 1
            ident = f"{base}-{n}"
        return ident

    def _free_name(self, session: Session) -> str:
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


def _named(wires: list[Wire]) -> str:
    for wire in wires:
        response = wire.get("response")
        if isinstance(response, dict) and isinstance(response.get("id"), str):
            return str(response["id"])
    return ""
