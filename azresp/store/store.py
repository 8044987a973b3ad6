"""The store: the ledger of running exchanges, and the sessions over them, in one file.

Several processes may use one file, and one session, at once: exchanges are only ever added, and a head that another
process moved is not overwritten.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from azresp.core.conversation import is_conversation
from azresp.core.session import Exchange, Session
from azresp.errors import LocalError
from azresp.store.audit import AUDIT, Audit
from azresp.store.database import Database
from azresp.store.exchanges import Exchanges, Leaving
from azresp.store.jobs import Jobs
from azresp.store.ledger import Ledger
from azresp.store.names import slug
from azresp.store.records import Records
from azresp.store.sessions import Also, Listed, Sessions
from azresp.store.spending import COUNT, COUNTED
from azresp.store.uploads import Uploads

if TYPE_CHECKING:
    from azresp.store.batches import Batches
    from azresp.store.conversations import Conversations
    from azresp.store.deletions import Deletions
    from azresp.store.holdings import Holdings
    from azresp.store.search import Search
    from azresp.store.spending import Spending


class Store(Ledger):
    """Sessions and exchanges in one SQLite file; in memory where `path` is None. Raises LocalError.

    Its ledger does not: what can't be written of a running exchange is remembered, and told by `trouble`.
    """

    def __init__(self, path: Path | None, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        database = Database(path)
        exchanges = Exchanges(database)
        self.records = Records(database, Audit(path.with_name(AUDIT) if path is not None else None))
        """Answers, grants, trust and what MCP servers listed."""
        self.uploads = Uploads(database)
        """Files at the service that came from here."""
        self.jobs = Jobs(database, exchanges.heard)
        """The list of background jobs."""
        sessions = Sessions(database, exchanges, clock)
        super().__init__(database, exchanges, sessions)

    # What a plain answer does not touch is not even loaded for it.

    @cached_property
    def deletions(self) -> Deletions:
        """What should be gone from services and is not yet."""
        from azresp.store.deletions import Deletions

        return Deletions(self._db)

    @cached_property
    def conversations(self) -> Conversations:
        """Those at services that were made from here."""
        from azresp.store.conversations import Conversations

        return Conversations(self._db)

    @cached_property
    def holdings(self) -> Holdings:
        """What is kept, in numbers."""
        from azresp.store.holdings import Holdings

        return Holdings(self._db)

    @cached_property
    def batches(self) -> Batches:
        """Lines of batches, each claimed before it is sent."""
        from azresp.store.batches import Batches

        return Batches(self._db, self._exchanges, self._sessions)

    @cached_property
    def search(self) -> Search:
        """Everything that was asked and answered, by its words."""
        from azresp.store.search import Search

        return Search(self._db)

    @cached_property
    def spending(self) -> Spending:
        """Tokens of exchanges, summed."""
        from azresp.store.spending import Spending

        return Spending(self._db)

    def close(self) -> None:
        """Write all that waits, as far as it can be, and close the file."""
        super().close()
        self._db.close()

    def save(self, session: Session, also: Also = "") -> None:
        """Write a session's settings, `also` its name or its tags; a head that is kept stays.

        Also LocalError for a taken name.
        """
        try:
            with self._db.writing():
                self._sessions.put(session, also)
        except LocalError as error:
            if "UNIQUE" in error.what:
                raise LocalError(
                    f"there is a session named {session.name!r} already", "Choose another name."
                ) from error
            raise

    def move(self, session: Session, expected: str | None) -> Session:
        """Write a head that the user moved away from `expected`. The session given back may have been split off."""
        with self._db.writing():
            if self._sessions.has(session.id):
                return self._sessions.move(session, expected)
            self._sessions.put(session)
            return session

    def add(self, session: Session, exchanges: Iterable[Exchange], *, spent: bool = True) -> None:
        """Write a session and exchanges that came from elsewhere; not `spent`: their tokens don't count here."""
        with self._db.writing():
            self._sessions.put(session)
            for exchange in exchanges:
                self._exchanges.insert(session.id, exchange, sealed=True)
                self._exchanges.finish(exchange)
                if not spent:
                    self._db.run(COUNT, (COUNTED, "", 0, 0, 0, 0, exchange.id))

    def load(self, session_id: str) -> Session | None:
        """A session with the exchanges on the way to its head."""
        return self._sessions.load(session_id)

    def find(self, name: str) -> Session | None:
        """A session by name, by the start of its id, or by a response id in it (then with its head there)."""
        return self._sessions.find(name)

    def latest(self) -> Session | None:
        """The session that changed last."""
        return self._sessions.latest()

    def listed(self, limit: int = 20) -> list[Listed]:
        """The sessions that changed last, newest first."""
        return self._sessions.listed(limit)

    def count(self) -> int:
        """How many sessions there are."""
        return self._sessions.count()

    def path_to(self, exchange_id: str) -> list[Exchange]:
        """The exchanges from the root to one."""
        return self._exchanges.path(exchange_id)

    def children(self, parent: str | None, session_id: str) -> list[Exchange]:
        """The exchanges that follow `parent`; for None, the first ones of a session."""
        return self._exchanges.children(parent, session_id)

    def all_exchanges(self, session_id: str) -> list[Exchange]:
        """Every exchange made in a session, on all its branches, in order."""
        return self._exchanges.made_in(session_id)

    def own_exchanges(self, session_id: str, doomed: Iterable[str] = ()) -> list[Exchange]:
        """The exchanges made in a session that no other one builds on; those of `doomed` don't count as others."""
        return self._exchanges.own(session_id, doomed)

    def mark_deleted(self, response_id: str, origin: str) -> None:
        """Remember that a response, or a conversation, was deleted at the service of `origin`."""
        with self._db.writing():
            if is_conversation(response_id):
                self.conversations.gone(response_id, origin)
            self._exchanges.mark_deleted(response_id, origin)
            self.deletions.done(response_id, origin)

    def origin_of(self, response_id: str) -> str:
        """Which service a response is at; empty where that is not known."""
        return self._exchanges.origin_of(response_id)

    def recent_heads(self, limit: int = 200) -> list[tuple[str, Exchange]]:
        """The last exchange of the sessions that changed last, newest first, each with its session's id."""
        return self._sessions.recent_heads(limit)

    def remove(self, session_id: str) -> int:
        """Delete a session here, with the exchanges that no other session builds on; tells how many went."""
        return self.remove_all([session_id])

    def remove_all(self, session_ids: Iterable[str]) -> int:
        """The same for many at once."""
        with self._db.erasing():
            for session_id in session_ids:
                self._sessions.delete(session_id)
            # Exchanges whose session is gone go with it: the id of a session adds nothing to that.
            return self._exchanges.prune("")

    def leaving(self, session_ids: Iterable[str]) -> list[Leaving]:
        """The exchanges that `remove_all` would delete."""
        return self._exchanges.leaving(session_ids)

    def following(self, exchange_ids: Iterable[str]) -> list[Exchange]:
        """The exchanges that build on any of these."""
        return self._exchanges.following(exchange_ids)

    def forget(self, exchange_ids: Iterable[str]) -> None:
        """Delete exchanges for good; conversations go on without them."""
        with self._db.erasing():
            self._exchanges.forget(exchange_ids)

    def unchain(self, exchange_ids: Iterable[str]) -> None:
        """No session builds on the responses of these exchanges from now on."""
        from azresp.core.omissions import unchain

        ids = list(exchange_ids)
        with self._db.writing():
            for session_id in self._exchanges.sessions_on(ids):
                if (session := self._sessions.load(session_id)) is not None:
                    self._sessions.put(unchain(session, ids))

    def kept_files(self) -> set[str]:
        """The SHA-256 of every attachment and picture that an exchange or an answer here refers to."""
        return self._exchanges.kept_files()

    def free_name(self, wish: str) -> str:
        """A session name near `wish` that is not taken."""
        return self._sessions.free_name(Session("", slug(wish)))

    def exact_name(self, wish: str) -> str:
        """`wish` itself as a session's name, or one near it that is not taken; odd ones become words."""
        fit = wish.isprintable() and 0 < len(wish) <= 200 and not wish.startswith(("-", "resp_"))
        return self._sessions.free_name(Session("", wish if fit else slug(wish)))
