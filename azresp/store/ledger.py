"""The ledger: exchanges from the question to the end of the answer.

A disk that is full, read-only or locked never keeps anybody from an answer: what can't be written waits, in order,
and is written as soon as it can be.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field

from azresp.core.coalesce import coalesce, last_number
from azresp.core.session import Exchange, Session
from azresp.core.sse import Wire
from azresp.errors import LocalError
from azresp.store.database import Database
from azresp.store.exchanges import Exchanges
from azresp.store.sessions import Sessions


@dataclass(slots=True)
class _Hearing:
    """A running exchange, as far as it is written."""

    session: Session
    """as it was when the question was asked"""
    exchange: Exchange
    begun: bool = False
    """the question is written"""
    pending: list[Wire] = field(default_factory=list)
    pieces: int = 0
    number: int = -1
    """highest sequence_number written"""
    named: bool = False
    ours: bool = True
    """False: another process hears it and keeps it"""

    @property
    def waits(self) -> bool:
        return self.ours and (not self.begun or bool(self.pending))

    def kept(self) -> None:
        self.begun = True
        if self.pending:
            self.number = last_number(self.pending, self.number)
            self.named = self.named or bool(_named(self.pending))
            self.pending, self.pieces = [], self.pieces + 1


@dataclass(slots=True)
class _Debt:
    """An exchange that ended and is not sealed yet."""

    hearing: _Hearing | None
    session: Session
    exchange: Exchange


class Ledger:
    """Writes exchanges as they run. Nothing here raises LocalError but `recover`: see `trouble`."""

    def __init__(self, database: Database, exchanges: Exchanges, sessions: Sessions) -> None:
        self.trouble = ""
        """why something is not kept; empty again once it is"""
        self._db = database
        self._exchanges = exchanges
        self._sessions = sessions
        self._hearing: dict[str, _Hearing] = {}
        self._owed: list[_Debt] = []

    def begin(self, session: Session, exchange: Exchange) -> None:
        """Write what was said."""
        self._hearing[exchange.id] = _Hearing(session, exchange)
        self._catch_up()

    def reopen(self, session: Session, exchange: Exchange) -> None:
        """Hear a background job again. One that another process hears already is left to that one until it is over."""
        hearing = _Hearing(
            session, exchange, begun=True, number=exchange.turn.cursor, named=bool(exchange.turn.id)
        )
        self._hearing[exchange.id] = hearing
        try:
            with self._db.writing():
                known = self._exchanges.one(exchange.id) is not None
                hearing.ours = self._exchanges.claim(exchange.id) if known else True
                hearing.begun = known
        except LocalError as error:
            self.trouble = error.what

    def heard(self, exchange_id: str, wires: list[Wire]) -> None:
        """Take events of a running exchange; the first ones are written at once, others at the next `keep`."""
        hearing = self._hearing[exchange_id]
        if not hearing.ours:
            return
        first = not hearing.pieces and not hearing.pending
        hearing.pending.extend(wires)
        if first:
            self.keep()

    def keep(self) -> None:
        """Write what was heard since the last time. Waits for no other process: the next time will do."""
        if self._owed or any(hearing.waits for hearing in self._hearing.values()):
            self._catch_up(hasty=True)

    def seal(self, session: Session, exchange: Exchange) -> Session:
        """Write how the exchange ended and move the head. The session given back may have been split off."""
        debt = _Debt(self._hearing.pop(exchange.id, None), session, exchange)
        self._owed.append(debt)
        self._catch_up()
        return debt.session

    def close(self) -> None:
        """Write all that waits, as far as it can be."""
        self._catch_up()

    def recover(self) -> list[Exchange]:
        """Seal the exchanges whose process died in mid-answer, as interrupted with all that was heard.

        One that had heard its end, and died before it was sealed, becomes its session's head all the same.
        """
        orphans = self._exchanges.orphans()
        if orphans:
            with self._db.writing():
                for session_id, exchange in orphans:
                    self._exchanges.finish(exchange)
                    # A background job runs on at the service, and is a job from now on.
                    if exchange.turn.finished:
                        self._sessions.move_head(session_id, exchange.id, exchange.parent)
        return [exchange for _, exchange in orphans]

    def _catch_up(self, *, hasty: bool = False) -> None:
        try:
            with self._db.hasty() if hasty else nullcontext():
                self._pay()
                self._write_heard()
        except LocalError as error:
            self.trouble = error.what
        else:
            self.trouble = ""

    def _pay(self) -> None:
        # In order: a head moves from its parent, so an exchange sealed before its parent would split the session.
        while self._owed:
            debt = self._owed[0]
            # What is sealed outlives a power cut; what is still being heard need not (rule R10).
            with self._db.durable(), self._db.writing():
                debt.session = self._sealed(debt)
            self._owed.pop(0)

    def _sealed(self, debt: _Debt) -> Session:
        session, exchange = debt.session, debt.exchange
        if debt.hearing is not None and not debt.hearing.ours and not exchange.turn.over:
            return session
        if not exchange.turn.over and self._exchanges.has_ended(exchange.id):
            return session  # another process heard its end meanwhile
        if debt.hearing is not None and not debt.hearing.begun:
            self._sessions.ensure(debt.hearing.session)
        # Another process may have removed the session, and this exchange with it, meanwhile.
        self._exchanges.insert(session.id, exchange, sealed=False)
        self._exchanges.finish(exchange)
        if session.head == exchange.id:
            session = self._sessions.move(session, exchange.parent)
        return self._sessions.with_kept_name(session)

    def _write_heard(self) -> None:
        waiting = [hearing for hearing in self._hearing.values() if hearing.waits]
        if not waiting:
            return
        with self._db.writing():
            for hearing in waiting:
                self._write_one(hearing)
        for hearing in waiting:
            hearing.kept()

    def _write_one(self, hearing: _Hearing) -> None:
        ident, pending = hearing.exchange.id, hearing.pending
        if not hearing.begun:
            self._sessions.ensure(hearing.session)
            self._exchanges.insert(hearing.session.id, hearing.exchange, sealed=False)
        if pending:
            self._exchanges.hear(ident, hearing.pieces, coalesce(pending, hearing.number))
        if not hearing.named and (response_id := _named(pending)):
            self._exchanges.name(ident, response_id)


def _named(wires: list[Wire]) -> str:
    for wire in wires:
        response = wire.get("response")
        if isinstance(response, dict) and isinstance(response.get("id"), str):
            return str(response["id"])
    return ""
