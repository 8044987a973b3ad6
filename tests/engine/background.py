"""A service in memory that holds one background response: streams it, breaks off, refuses, is looked at."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field

from azresp.core.session import Exchange, Session
from azresp.core.sse import Wire
from azresp.errors import AzrespError, NetworkError, ServiceError

TOO_OLD = ServiceError(
    "This response can no longer be streamed because it is more than 5 minutes old", status=400
)


@dataclass
class Service:
    """Every connection delivers what `plan` says: so many events, then a break; the last one all there is.

    `begin` tells where a resumed stream starts when asked for what is behind a number.
    """

    wires: list[Wire]
    plan: list[int] = field(default_factory=list)
    begin: Callable[[int], int] = lambda after: after + 1
    broken: AzrespError | None = field(default_factory=lambda: NetworkError("gone"))
    """None: the stream just ends"""
    refusal: ServiceError | None = None
    """of every resume"""
    looks: list[Wire | AzrespError] = field(default_factory=list)
    origin: str = "here"
    posts: int = 0
    asked_after: list[int] = field(default_factory=list)

    async def open(self, body: Wire, headers: Mapping[str, str] | None = None) -> AsyncIterator[list[Wire]]:
        self.posts += 1
        async for batch in self._deliver(0):
            yield batch

    async def resume(self, response_id: str, after: int) -> AsyncIterator[list[Wire]]:
        self.asked_after.append(after)
        if self.refusal is not None:
            raise self.refusal
        async for batch in self._deliver(self.begin(after)):
            yield batch

    async def look(self, response_id: str) -> Wire:
        seen = self.looks.pop(0) if self.looks else self.wires[-1]["response"]
        if isinstance(seen, AzrespError):
            raise seen
        return seen

    async def cancel(self, response_id: str) -> Wire:
        return await self.look(response_id)

    async def _deliver(self, start: int) -> AsyncIterator[list[Wire]]:
        until = start + self.plan.pop(0) if self.plan else len(self.wires)
        for wire in self.wires[max(start, 0) : until]:
            yield [wire]
        if until < len(self.wires) and self.broken is not None:
            raise self.broken


class Forgetful:
    """A ledger that keeps nothing: for thousands of runs."""

    def begin(self, session: Session, exchange: Exchange) -> None:
        pass

    def reopen(self, session: Session, exchange: Exchange) -> None:
        pass

    def heard(self, exchange_id: str, wires: list[Wire]) -> None:
        pass

    def keep(self) -> None:
        pass

    def seal(self, session: Session, exchange: Exchange) -> Session:
        return session
