"""What is remembered of tools: answers not yet said, standing approvals, lists of MCP servers, trusted files."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from azresp.core.sse import Wire
from azresp.errors import LocalError
from azresp.store.audit import Audit
from azresp.store.database import Database
from azresp.store.rows import write_json

if TYPE_CHECKING:
    from azresp.core.approval import Grant


class Records:
    """The tables `answers`, `grants`, `tool_lists` and `trusted`, and the audit log.

    What answers an ask never raises: a full disk keeps nobody from an answer, and `trouble` tells of it.
    """

    def __init__(self, database: Database, audit: Audit, clock: Callable[[], float] = time.time) -> None:
        self.trouble = ""
        """why something was not kept; empty again once it was"""
        self.audit_log = audit
        self._db = database
        self._clock = clock
        self._unkept: dict[tuple[str, str], Wire | None] = {}

    # Answers

    def kept_answers(self, exchange_id: str) -> list[Wire]:
        """The answers to an exchange's asks that are on record, said or not."""
        rows = self._rows(
            "select answer from answers where exchange = ? and answer is not null", (exchange_id,)
        )
        kept = [wire for (text,) in rows if (wire := _object(text))]
        return kept + [wire for (owner, _), wire in self._unkept.items() if owner == exchange_id and wire]

    def started(self, exchange_id: str) -> frozenset[str]:
        """The calls that were started and have no answer."""
        rows = self._rows("select ask from answers where exchange = ? and answer is null", (exchange_id,))
        return frozenset(str(ask) for (ask,) in rows)

    def start(self, exchange_id: str, ask_id: str, *, again: bool = False) -> bool:
        """A call is about to run: whoever finds this without an answer knows that it may have.

        False: another process has started or answered it since; only `again` starts what was started before.
        """
        with self._trying(), self._db.durable(), self._db.writing():
            row = self._db.row(
                "select answer from answers where exchange = ? and ask = ?", (exchange_id, ask_id)
            )
            if row is not None:
                return again and row[0] is None
            self._db.run(
                "insert into answers (exchange, ask, answer) values (?, ?, null)", (exchange_id, ask_id)
            )
        return True

    def keep_answer(self, exchange_id: str, ask_id: str, answer: Wire) -> None:
        """An ask has its answer; it outlives this process and a power cut."""
        self._put_answer(exchange_id, ask_id, answer)

    def _put_answer(self, exchange_id: str, ask_id: str, answer: Wire | None) -> None:
        self._unkept[(exchange_id, ask_id)] = answer
        with self._trying():
            with self._db.durable(), self._db.writing():
                for (owner, ask), wire in self._unkept.items():
                    self._db.run(
                        "insert or replace into answers (exchange, ask, answer) values (?, ?, ?)",
                        (owner, ask, None if wire is None else write_json(wire)),
                    )
            self._unkept.clear()

    # Standing approvals

    def grants(self) -> Sequence[Grant]:
        """All standing approvals, oldest first."""
        rows = self._rows(
            "select origin, server, label, tool, fingerprint, scope, given_at, told from grants order by given_at",
            (),
        )
        from azresp.core.approval import Grant, Subject

        return [Grant(Subject(*row[:5]), row[5], row[6], _object(row[7])) for row in rows]

    def grant(self, grant: Grant) -> None:
        """Remember a standing approval."""
        with self._trying():
            self._db.run(
                "insert or replace into grants values (?, ?, ?, ?, ?, ?, ?, ?)",
                (*_key(grant), grant.given_at, write_json(grant.told)),
            )

    def revoke(self, grant: Grant) -> None:
        """Forget a standing approval. Raises LocalError."""
        self._db.run(
            "delete from grants where origin = ? and server = ? and label = ? and tool = ? and fingerprint = ? "
            "and scope = ?",
            _key(grant),
        )

    def audit(self, entry: Wire) -> None:
        """Add a line to the audit log."""
        with self._trying():
            self.audit_log.add(entry)

    # MCP servers' lists

    def last_list(self, server: str, label: str) -> dict[str, Wire] | None:
        """The tools that a server listed when it was last seen, by name; None: never seen."""
        rows = self._rows("select tools from tool_lists where server = ? and label = ?", (server, label))
        return (
            {name: one for name, one in _object(rows[0][0]).items() if isinstance(one, dict)}
            if rows
            else None
        )

    def see_list(self, server: str, label: str, tools: dict[str, Wire]) -> None:
        """Remember what a server lists now."""
        with self._trying():
            self._db.run(
                "insert or replace into tool_lists values (?, ?, ?, ?)",
                (server, label, write_json(tools), self._clock()),
            )

    # Trusted files

    def trusts(self, path: str, digest: str) -> bool:
        """Whether the user trusted a file with exactly this content."""
        return self._rows("select 1 from trusted where path = ? and digest = ?", (path, digest)) != []

    def trust(self, path: str, digest: str) -> None:
        """Remember that the user trusts a file as it is now. Raises LocalError."""
        self._db.run("insert or replace into trusted values (?, ?, ?)", (path, digest, self._clock()))

    def _rows(self, sql: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._db.rows(sql, values)
        except LocalError as error:
            self.trouble = error.what
            return []

    @contextmanager
    def _trying(self) -> Iterator[None]:
        try:
            yield
            self.trouble = ""
        except LocalError as error:
            self.trouble = error.what


def _key(grant: Grant) -> tuple[str, ...]:
    subject = grant.subject
    return subject.origin, subject.server, subject.label, subject.tool, subject.fingerprint, grant.scope


def _object(text: object) -> Wire:
    try:
        value = json.loads(str(text))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
