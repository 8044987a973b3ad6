"""What the engine acts through, and what comes of it: Protocols beside their consumer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from azresp.core.retry import Wait
from azresp.core.session import Exchange, Session
from azresp.core.sse import Wire
from azresp.core.turn import Turn
from azresp.errors import AzrespError


class Gateway(Protocol):
    """Hears the service."""

    @property
    def origin(self) -> str: ...
    def open(self, body: Wire, headers: Mapping[str, str] | None = None) -> AsyncIterator[list[Wire]]: ...
    def resume(self, response_id: str, after: int) -> AsyncIterator[list[Wire]]: ...
    async def look(self, response_id: str) -> Wire: ...
    async def cancel(self, response_id: str) -> Wire: ...


class Screen(Protocol):
    """Shows a turn; may be told late, twice or not at all."""

    def show(self, turn: Turn) -> None: ...
    def heard(self, wires: list[Wire]) -> None: ...
    def waiting(self, wait: Wait, left_s: float) -> None: ...
    def resumed(self) -> None: ...
    def remark(self, line: str) -> None: ...


class Ledger(Protocol):
    """Keeps exchanges; `begin` before anything is sent. None of it raises AzrespError: a full disk stops no answer."""

    def begin(self, session: Session, exchange: Exchange) -> None: ...
    def reopen(self, session: Session, exchange: Exchange) -> None: ...
    def heard(self, exchange_id: str, wires: list[Wire]) -> None: ...
    def keep(self) -> None: ...
    def seal(self, session: Session, exchange: Exchange) -> Session: ...


class Clock(Protocol):
    """Time and chance, as parameters."""

    def now(self) -> float: ...
    def ident(self) -> str: ...
    def spread(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...


class Pictures(Protocol):
    """Takes pictures out of what was heard before anything keeps it, and puts attachments into what is sent."""

    async def cut(self, wires: list[Wire]) -> list[Wire]: ...
    async def fill(self, body: Wire) -> Wire: ...


@dataclass(frozen=True, slots=True)
class Ports:
    """What the loop acts through."""

    gateway: Gateway
    screen: Screen
    ledger: Ledger
    clock: Clock
    pictures: Pictures | None = None
    """None: pictures stay in the turn as base64"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one exchange went."""

    session: Session
    exchange: Exchange
    error: AzrespError | None = None
    """why nothing (more) was heard"""
    stopped: bool = False
    """the user stopped it, or went away from a background response, which runs on"""
