"""The exchanges of the store: a tree that only grows, and what was heard of those that still run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from azresp.core.events import TERMINAL
from azresp.core.keep import dump_turn
from azresp.core.session import Exchange
from azresp.core.sse import Wire
from azresp.store.database import Database
from azresp.store.index import INDEXED, take_out
from azresp.store.jobs import ENLIST
from azresp.store.owner import is_alive, this_process
from azresp.store.rows import EXCHANGE, exchange_of, read_wires, write_json
from azresp.store.spending import COUNT, counts_of

_DIGEST = re.compile(r'"sha256":\s*"([0-9a-f]{64})"')
"""in a reference (`core.pictures.Kept`); a quotation mark that somebody wrote is escaped in JSON"""


_LEAVING = (
    "(session in (select value from json_each(?)) or session not in (select id from sessions)) and id not in ("
    "with recursive kept(id) as ("
    "select head from sessions where head is not null and id not in (select value from json_each(?)) union "
    "select id from exchanges where session in (select id from sessions) "
    "and session not in (select value from json_each(?)) union "
    "select e.parent from exchanges e join kept k on e.id = k.id where e.parent is not null) "
    "select id from kept where id is not null)"
)
"""What goes with sessions, whose ids it takes three times: their exchanges, and those that sessions removed before left
to them, as far as no other session builds on them."""


class Leaving(NamedTuple):
    """An exchange that goes when its session is removed."""

    session: str
    """whose removal takes it along; empty where nobody builds on it any more"""
    response_id: str
    origin: str
    at_service: bool
    """as far as we know"""


class Exchanges:
    """The tables `exchanges` and `heard`. Writes belong inside `Database.writing`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def insert(self, session_id: str, exchange: Exchange, *, sealed: bool) -> bool:
        """Write what was said; an exchange that is there stays as it is. Tells whether it is new."""
        inserted = self._db.run(
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
        if inserted and exchange.background:
            self._db.run(ENLIST, (exchange.id,))
        return inserted > 0

    def finish(self, exchange: Exchange) -> None:
        """Write how an exchange ended, in place of the events that were heard of it."""
        turn = exchange.turn
        self._leave_index(exchange.id)
        self._db.run(
            "update exchanges set response_id = ?, status = ?, turn = ?, sealed = 1, stored = ?, "
            "job = case when ? then job else 0 end where id = ?",
            (
                turn.id,
                turn.status,
                write_json(dump_turn(turn)),
                exchange.stored,
                exchange.background,
                exchange.id,
            ),
        )
        self._db.run(COUNT, counts_of(turn, exchange.id))
        self._db.run("delete from heard where exchange = ?", (exchange.id,))

    def claim(self, exchange_id: str) -> bool:
        """Become the process that hears a sealed exchange again, a job from now on; False if another one does."""
        self._leave_index(exchange_id)
        claimed = self._db.run(
            "update exchanges set owner = ?, sealed = 0 where id = ? and sealed = 1",
            (this_process(), exchange_id),
        )
        if claimed:
            self._db.run(ENLIST, (exchange_id,))
        return claimed > 0

    def _leave_index(self, exchange_id: str) -> None:
        """What is about to be heard again, or to get another end, is not what the index knows."""
        for (number,) in self._db.rows(
            f"select n from exchanges where id = ? and indexed = {INDEXED}",  # noqa: S608
            (exchange_id,),
        ):
            take_out(self._db, [number], for_good=False)

    def hear(self, exchange_id: str, number: int, wires: list[Wire]) -> None:
        """Write one more piece of what was heard of a running exchange."""
        self._db.run(
            "insert into heard (exchange, n, wires) values (?, ?, ?)",
            (exchange_id, number, write_json(wires)),
        )

    def name(self, exchange_id: str, response_id: str) -> None:
        """Write which response a running exchange is."""
        self._db.run("update exchanges set response_id = ? where id = ?", (response_id, exchange_id))

    def mark_deleted(self, response_id: str, origin: str) -> None:
        """Remember that a response was deleted at the service of `origin`; what another one has under the id stays."""
        self._db.run(
            "update exchanges set deleted = 1 where response_id = ? and origin in ('', ?)",
            (response_id, origin),
        )

    def origin_of(self, response_id: str) -> str:
        """Which service a response is at; empty where that is not known."""
        row = self._db.row("select origin from exchanges where response_id = ?", (response_id,))
        return "" if row is None else str(row[0])

    def orphans(self) -> list[tuple[str, Exchange]]:
        """The unsealed exchanges whose process is dead, as far as heard, each with its session's id."""
        rows = self._db.rows("select owner, session, id from exchanges where sealed = 0 order by n")
        return [
            (session_id, exchange)
            for owner, session_id, ident in rows
            if not is_alive(str(owner))
            for exchange in self._where("id = ?", ident)
        ]

    def path(self, head: str | None) -> list[Exchange]:
        """The exchanges from the root to `head`."""
        # The bound is for a damaged store, whose parents may go round in circles.
        rows = self._db.rows(
            "with recursive path(id, depth) as (select ?, 0 union select e.parent, depth + 1 "
            "from exchanges e join path p on e.id = p.id where e.parent is not null "
            "and depth < (select count(*) from exchanges)) select id from path order by depth desc",
            (head,),
        )
        idents = dict.fromkeys(row[0] for row in rows)
        return [one for ident in idents for one in self._where("id = ?", ident)]

    def one(self, exchange_id: str) -> Exchange | None:
        """The exchange of an id."""
        return next(iter(self._where("id = ?", exchange_id)), None)

    def one_sealed(self, exchange_id: str) -> tuple[Exchange, bool] | None:
        """The exchange of an id, and whether no process is at it: it is sealed, or whoever began it died."""
        row = self._db.row("select sealed, owner from exchanges where id = ?", (exchange_id,))
        found = self.one(exchange_id)
        return None if row is None or found is None else (found, bool(row[0]) or not is_alive(str(row[1])))

    def has_ended(self, exchange_id: str) -> bool:
        """Whether an exchange is kept with its end."""
        row = self._db.row("select status from exchanges where id = ? and sealed = 1", (exchange_id,))
        return row is not None and row[0] in TERMINAL

    def place(self, response_id: str) -> tuple[str, str] | None:
        """The ids of the exchange and the session that a response belongs to."""
        row = self._db.row("select id, session from exchanges where response_id = ?", (response_id,))
        return None if row is None else (row[0], row[1])

    def children(self, parent: str | None, session_id: str) -> list[Exchange]:
        """The exchanges that follow `parent`; for None, the first ones of a session."""
        if parent:
            return self._where("parent = ?", parent)
        return self._where("parent is null and session = ?", session_id)

    def made_in(self, session_id: str) -> list[Exchange]:
        """Every exchange made in a session, on all its branches, in order."""
        return self._where("session = ?", session_id)

    def own(self, session_id: str, doomed: Iterable[str]) -> list[Exchange]:
        """The exchanges that go with a session: no session outside of `doomed` builds on them."""
        ids = write_json(sorted({session_id, *doomed}))
        ours = "(session = ? or session not in (select id from sessions))"
        return self._where(f"{ours} and {_LEAVING}", session_id, ids, ids, ids)

    def leaving(self, doomed: Iterable[str]) -> list[Leaving]:
        """What `own` gives for all sessions of `doomed` at once, as far as a deletion needs it."""
        removed = set(doomed)
        ids = write_json(sorted(removed))
        rows = self._db.rows(
            "select session, response_id, origin, stored and not deleted, id from exchanges "  # noqa: S608
            f"where {_LEAVING} order by n",
            (ids, ids, ids),
        )
        return [
            Leaving(
                session if session in removed else self._heir(ident, removed), response, origin, bool(there)
            )
            for session, response, origin, there, ident in rows
        ]

    def _heir(self, exchange_id: str, doomed: set[str]) -> str:
        """Which of the sessions builds on an exchange whose own session is gone; empty for none."""
        return next((one for one in self.sessions_on([exchange_id]) if one in doomed), "")

    def sessions_on(self, exchange_ids: Iterable[str]) -> list[str]:
        """The ids of the sessions that have any of these exchanges, or what builds on them, in their trees."""
        after = (
            "with recursive after(id) as (select value from json_each(?) union "
            "select e.id from exchanges e join after a on e.parent = a.id) select id from after"
        )
        ids = write_json(list(exchange_ids))
        rows = self._db.rows(
            f"select session from exchanges where id in ({after}) "  # noqa: S608
            f"union select id from sessions where head in ({after})",
            (ids, ids),
        )
        return [session for (session,) in rows]

    def following(self, idents: Iterable[str]) -> list[Exchange]:
        """The exchanges that build on any of these, themselves left out, in order."""
        ids = write_json(list(idents))
        return self._where(
            "id in (with recursive after(id) as (select id from exchanges where parent in "
            "(select value from json_each(?)) union select e.id from exchanges e join after a on e.parent = a.id) "
            "select id from after) and id not in (select value from json_each(?))",
            ids,
            ids,
        )

    def forget(self, exchange_ids: Iterable[str]) -> None:
        """Delete exchanges; what builds on one builds on its parent then, and so do heads."""
        numbers = []
        for exchange_id in exchange_ids:
            row = self._db.row("select parent, n from exchanges where id = ?", (exchange_id,))
            if row is not None:
                parent, number = row
                self._db.run("update exchanges set parent = ? where parent = ?", (parent, exchange_id))
                self._db.run("update sessions set head = ? where head = ?", (parent, exchange_id))
                numbers.append(number)
        self._erase(numbers)

    def prune(self, session_id: str) -> int:
        """Delete the exchanges of a removed session that no other session builds on; tells how many went.

        Exchanges that an earlier removed session left to others go with the last of those.
        """
        rows = self._db.rows(
            "select n from exchanges where (session = ? or session not in (select id from sessions)) and id not in ("
            "with recursive kept(id) as (select head from sessions where head is not null union "
            "select id from exchanges where session in (select id from sessions) union "
            "select e.parent from exchanges e join kept k on e.id = k.id where e.parent is not null) "
            "select id from kept where id is not null)",
            (session_id,),
        )
        self._erase([number for (number,) in rows])
        return len(rows)

    def _erase(self, numbers: list[int]) -> None:
        take_out(self._db, numbers)
        self._db.run(
            "delete from exchanges where n in (select value from json_each(?))", (write_json(numbers),)
        )
        for table in ("heard", "answers", "upload_uses"):
            self._db.run(f"delete from {table} where exchange not in (select id from exchanges)")  # noqa: S608

    def kept_files(self) -> set[str]:
        """The SHA-256 of every file that what was said, heard or answered refers to."""
        found: set[str] = set()
        for table, column in (
            ("exchanges", "said"),
            ("exchanges", "turn"),
            ("heard", "wires"),
            ("answers", "answer"),
        ):
            for (text,) in self._db.rows(f"select {column} from {table} where {column} like '%\"sha256\"%'"):  # noqa: S608
                found.update(_DIGEST.findall(str(text)))
        return found

    def _where(self, condition: str, *values: object) -> list[Exchange]:
        rows = self._db.rows(f"select {EXCHANGE} from exchanges where {condition} order by n", values)  # noqa: S608
        return [exchange_of(row, self.heard) for row in rows]

    def heard(self, exchange_id: str) -> list[Wire]:
        """What was heard of an exchange since it was last sealed."""
        rows = self._db.rows("select wires from heard where exchange = ? order by n", (exchange_id,))
        return read_wires(wires for (wires,) in rows)
