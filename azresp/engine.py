"""The one loop with effects: say, hear, show, keep. Its ports are the Protocols below."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from azresp.core.compose import compose
from azresp.core.events import Fault, read
from azresp.core.pictures import may_hold_pictures
from azresp.core.retry import LONGEST_WAIT_S, SETTLING_S, Wait, next_wait
from azresp.core.session import Exchange, Session, settle
from azresp.core.sse import Wire
from azresp.core.turn import Turn, advance, interrupt
from azresp.errors import AzrespError, NetworkError, ServiceError

KEEP_EVERY_S = 0.5
"""Heard text is on the disk after at most this long (promise: no shown word is lost for more than a second)."""

LONGEST_ANSWER_S = 600.0
"""Assumed length of an answer whose end the service did not date."""

REASON_FOLLOWS_S = 2.0
END_FOLLOWS_S = 0.5
"""How long a stream is heard after its terminal event, if the service does not close it by itself."""

T = TypeVar("T")


class Gateway(Protocol):
    """Hears the service."""

    @property
    def origin(self) -> str: ...
    def open(self, body: Wire, headers: Mapping[str, str] | None = None) -> AsyncIterator[list[Wire]]: ...


class Screen(Protocol):
    """Shows a turn; may be told late, twice or not at all."""

    def show(self, turn: Turn) -> None: ...
    def heard(self, wires: list[Wire]) -> None: ...
    def waiting(self, wait: Wait, left_s: float) -> None: ...
    def resumed(self) -> None: ...


class Ledger(Protocol):
    """Keeps exchanges; `begin` before anything is sent. None of it raises AzrespError: a full disk stops no answer."""

    def begin(self, session: Session, exchange: Exchange) -> None: ...
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
    """the user stopped it"""


async def converse(
    ports: Ports,
    session: Session,
    said: tuple[Wire, ...],
    settings: Mapping[str, object],
    *,
    headers: Mapping[str, str] | None = None,
    in_full: bool = False,
) -> Outcome:
    """Say something in a session and hear the answer to its end, an error, or a stop (cancellation).

    The exchange is kept before the request goes out and sealed whatever happens.
    """
    body = compose(session, said, settings, origin=ports.gateway.origin, in_full=in_full)
    exchange = Exchange(
        id=ports.clock.ident(),
        parent=session.head,
        said=said,
        turn=Turn(),
        asked_at=ports.clock.now(),
        deployment=str(settings["deployment"]),
        origin=ports.gateway.origin,
        stored=settings.get("store") is not False,
    )
    ports.ledger.begin(session, exchange)
    hearing = _Hearing(ports, exchange, settling=_is_settling(session, body, ports.clock.now()))
    error, stopped = None, False
    try:
        await hearing.run(body, headers)
    except AzrespError as caught:
        error = caught
    except asyncio.CancelledError:
        # Who stops an answer in the moment after its end stops nothing.
        stopped = not hearing.turn.over
        forgive_cancellation()
    finally:
        exchange = replace(exchange, turn=_ended(hearing.turn, error))
        session = ports.ledger.seal(settle(session, exchange), exchange)
    try:
        ports.screen.show(exchange.turn)
    except AzrespError as caught:
        error = error or caught
    return Outcome(session, exchange, error, stopped)


def _ended(turn: Turn, error: AzrespError | None) -> Turn:
    """The turn as it is kept; one of which nothing was heard tells why, so that it can be told again tomorrow."""
    if turn.id or turn.items or turn.fault is not None:
        return interrupt(turn)
    match error:
        case ServiceError(status=status, code=code):
            what = f"{error.what} (HTTP {status})" if status else error.what
            return replace(turn, status="failed", fault=Fault(code, what))
        case NetworkError():
            return replace(interrupt(turn), fault=Fault("", error.what))
    return interrupt(turn)


class _Hearing:
    """One answer being heard."""

    def __init__(self, ports: Ports, exchange: Exchange, *, settling: bool) -> None:
        self.turn = exchange.turn
        self._ports = ports
        self._exchange = exchange
        self._settling = settling
        self._silent_so_far = True

    async def run(self, body: Wire, headers: Mapping[str, str] | None) -> None:
        keeper = asyncio.create_task(self._keep_regularly(), name="keeper")
        try:
            await patiently(
                lambda: self._hear(body, headers),
                self._ports,
                safe=False,
                settling=self._settling,
                may_repeat=lambda: self._silent_so_far,
            )
        finally:
            keeper.cancel()
            await asyncio.wait({keeper})

    async def _hear(self, body: Wire, headers: Mapping[str, str] | None) -> None:
        if self._ports.pictures is not None:
            body = await self._ports.pictures.fill(body)
        stream = self._ports.gateway.open(body, headers)
        try:
            async for wires in stream:
                await self._take(wires)
                del wires  # with a picture in them, they would be held until the next event has come
                if self.turn.over:
                    await self._hear_out(stream)
                    return
        finally:
            await _close(stream)

    async def _take(self, wires: list[Wire]) -> None:
        self._silent_so_far = False
        self._ports.screen.heard(wires)
        if self._ports.pictures is not None and any(map(may_hold_pictures, wires)):
            wires = await self._ports.pictures.cut(wires)
        turn = self.turn
        for wire in wires:
            turn = advance(turn, read(wire))
        self.turn = turn
        self._ports.ledger.heard(self._exchange.id, wires)
        self._ports.screen.show(turn)

    async def _hear_out(self, stream: AsyncIterator[list[Wire]]) -> None:
        """What follows the end, for a moment.

        A failure's reason may follow it (Azure's order), or its response the reason (OpenAI's); and a stream that
        is read to its last byte leaves its connection for the next question.
        """
        unexplained = self.turn.status == "failed" and self.turn.fault is None
        with suppress(TimeoutError, NetworkError):
            async with asyncio.timeout(REASON_FOLLOWS_S if unexplained else END_FOLLOWS_S):
                async for wires in stream:
                    await self._take(wires)

    async def _keep_regularly(self) -> None:
        while True:
            await self._ports.clock.sleep(KEEP_EVERY_S)
            self._ports.ledger.keep()


async def patiently(
    ask: Callable[[], Awaitable[T]],
    ports: Ports,
    *,
    safe: bool,
    settling: bool = False,
    may_repeat: Callable[[], bool] = lambda: True,
) -> T:
    """Ask, and ask again as the retry rules allow, with every wait shown and interruptible.

    `may_repeat` is asked after each failure: once something of an answer was heard, nothing is sent again.
    """
    tried = 0
    while True:
        try:
            return await ask()
        except AzrespError as error:
            tried += 1
            wait = next_wait(error, tried, safe=safe, settling=settling, spread=ports.clock.spread())
            if wait is None or not may_repeat():
                raise
        await _wait(ports, wait)


async def _wait(ports: Ports, wait: Wait) -> None:
    left = wait.seconds
    while left > 0:
        ports.screen.waiting(wait, left)
        step = min(left, 1.0)
        await ports.clock.sleep(step)
        left -= step
    ports.screen.resumed()


def _is_settling(session: Session, body: Wire, now: float) -> bool:
    last = session.last
    if last is None or "previous_response_id" not in body:
        return False
    # Between asking and the answer's begin there may have been a wait for the rate limit.
    return now - (last.asked_at + _took_s(last)) < SETTLING_S + LONGEST_WAIT_S


def _took_s(exchange: Exchange) -> float:
    """How long the answer took. Both times are the service's, whose clock need not agree with ours."""
    told = exchange.turn.response
    begun, ended = told.get("created_at"), told.get("completed_at")
    if isinstance(begun, int | float) and isinstance(ended, int | float) and 0 <= ended - begun < 1e9:
        return float(ended - begun)
    return LONGEST_ANSWER_S


def forgive_cancellation() -> None:
    """Go on after a cancellation that was meant for what we waited for."""
    task = asyncio.current_task()
    while task is not None and task.cancelling():
        task.uncancel()


async def _close(stream: AsyncIterator[list[Wire]]) -> None:
    closing = getattr(stream, "aclose", None)
    if closing is not None:
        with suppress(Exception):
            await closing()
